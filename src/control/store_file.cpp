#include "store_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::control {
namespace {

constexpr std::int64_t kVersion = 4;
constexpr std::int64_t kApplicationId = 0x47445754;  // "GDWT", tells our file from any other

/// What version 1 had; later versions add to it, step by step.
constexpr const char* kTables = R"sql(
CREATE TABLE origin (
  source TEXT NOT NULL
) STRICT;
CREATE TABLE tenants (
  tenant TEXT PRIMARY KEY NOT NULL,
  state TEXT NOT NULL,
  paused_from TEXT NOT NULL DEFAULT '',
  source_database TEXT NOT NULL,
  cluster TEXT NOT NULL,
  target_database TEXT NOT NULL,
  wave TEXT NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0,
  snapshot_gtid TEXT NOT NULL DEFAULT '',
  snapshot_file TEXT NOT NULL DEFAULT '',
  snapshot_offset INTEGER NOT NULL DEFAULT 0,
  schema_fingerprint TEXT NOT NULL DEFAULT '',
  rows INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  error_kind TEXT NOT NULL DEFAULT '',
  updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  tenant TEXT NOT NULL,
  event TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('intent', 'done', 'failed')),
  detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX journal_by_tenant ON journal (tenant, sequence);
CREATE TABLE policy_counts (
  tenant TEXT NOT NULL,
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  policy TEXT NOT NULL,
  changed_values INTEGER NOT NULL,
  PRIMARY KEY (tenant, table_name, column_name, policy)
) STRICT, WITHOUT ROWID;
CREATE TABLE verifications (
  tenant TEXT PRIMARY KEY NOT NULL,
  at TEXT NOT NULL,
  identical INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

/// Version 2: facts for forecasts.
constexpr const char* kFacts = R"sql(
ALTER TABLE tenants ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN readers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN estimated_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN copy_started_at TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN copied_at TEXT NOT NULL DEFAULT '';
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  waves TEXT NOT NULL,
  lanes INTEGER NOT NULL,
  tenants INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL DEFAULT '',
  tenants_copied INTEGER NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
)sql";

/// Version 3: the readings of shared tables, and tenants as schemas of shared databases.
constexpr const char* kReadings = R"sql(
ALTER TABLE tenants ADD COLUMN target_schema TEXT NOT NULL DEFAULT 'public';
ALTER TABLE tenants ADD COLUMN placed INTEGER NOT NULL DEFAULT 0;
UPDATE tenants SET placed = state NOT IN ('planned', 'quarantined');
ALTER TABLE tenants ADD COLUMN finishing_at TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN streamed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE scans (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  read_at TEXT NOT NULL,
  units INTEGER NOT NULL,
  readers INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  spilled_bytes INTEGER NOT NULL
) STRICT;
)sql";

/// Version 4: tenants that follow their source.
constexpr const char* kFollowing = R"sql(
ALTER TABLE tenants ADD COLUMN reader_start TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN followed_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
CREATE TABLE following (
  run INTEGER PRIMARY KEY NOT NULL,
  followed_to TEXT NOT NULL,
  reader_position TEXT NOT NULL DEFAULT '',
  at TEXT NOT NULL DEFAULT '',
  reader_lag REAL NOT NULL DEFAULT -1,
  waits_for TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE activities (
  tenant TEXT PRIMARY KEY NOT NULL,
  at TEXT NOT NULL,
  lag REAL NOT NULL,
  transactions INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  queued_transactions INTEGER NOT NULL,
  queued_bytes INTEGER NOT NULL,
  spilled_bytes INTEGER NOT NULL,
  waits_for TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

std::string file_of(const std::string& folder) {
  return (std::filesystem::path(folder) / "control.db").string();
}

[[noreturn]] void fail(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::internal, printable(path) + ": " + problem,
              "Check that the plan's state folder can be written and its disk is not full.");
}

void require_folder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::absolute(folder, error).parent_path();
  if (!error) std::filesystem::create_directories(parent, error);
  if (error) fail(folder, "can't be created: " + error.message());
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) return;
  if (errno != EEXIST) fail(folder, std::string("can't be created: ") + std::strerror(errno));

  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) fail(folder, std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) fail(folder, "is not a folder");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw Error(ErrorKind::plan_invalid,
                "the state folder " + printable(folder) + " may be written by others",
                "Run: chmod 700 " + printable(folder));
  }
}

/// SQLite gives its own files beside the database the same mode.
void require_file(const std::string& path) {
  constexpr mode_t kMode = S_IRUSR | S_IWUSR;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode);
  if (file < 0) fail(path, std::string("can't be opened: ") + std::strerror(errno));
  const bool private_now = ::fchmod(file, kMode) == 0;
  const int problem = errno;
  ::close(file);
  if (!private_now) fail(path, std::string("can't be made private: ") + std::strerror(problem));
}

/// 0 for a file without tables.
std::int64_t read_version(Database& database) {
  const std::int64_t version = database.integer("PRAGMA user_version");
  const bool ours = database.integer("PRAGMA application_id") == kApplicationId;
  const bool empty = database.integer("SELECT count(*) FROM sqlite_master") == 0;
  if (empty && version == 0) return 0;
  if (!ours) {
    throw Error(ErrorKind::plan_invalid,
                printable(database.path()) + " is not a control store of godwit",
                "Name another state folder in the plan.");
  }
  if (version > kVersion) {
    throw Error(ErrorKind::plan_invalid,
                "the control store " + printable(database.path()) + " is of version " +
                    std::to_string(version) + ", this godwit knows versions up to " +
                    std::to_string(kVersion),
                "Run the newer godwit that wrote it.");
  }
  return version;
}

/// Brings the tables from whatever version they have to the one of this program.
void update_tables(Database& database) {
  database.execute("BEGIN IMMEDIATE");
  // Another process may have been first.
  const std::int64_t version = read_version(database);
  if (version < 1) {
    database.execute(kTables);
    database.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
  }
  if (version < 2) database.execute(kFacts);
  if (version < 3) database.execute(kReadings);
  if (version < 4) database.execute(kFollowing);
  if (version < kVersion) database.execute("PRAGMA user_version = " + std::to_string(kVersion));
  database.execute("COMMIT");
}

void require_source(Database& database, std::string_view source) {
  if (source.empty()) return;
  Statement(database, "INSERT INTO origin SELECT ? WHERE NOT EXISTS (SELECT 1 FROM origin)")
      .run(source);
  Statement recorded(database, "SELECT source FROM origin");
  recorded.bind();
  if (recorded.step() && recorded.text(0) != source) {
    throw Error(ErrorKind::plan_invalid,
                "the control store " + printable(database.path()) + " belongs to the source " +
                    printable(recorded.text(0)) + ", not to " + printable(source),
                "Name another state folder in the plan.");
  }
}

}  // namespace

Database open_store_file(const std::string& folder, std::string_view source) {
  require_folder(folder);
  const std::string path = file_of(folder);
  require_file(path);
  Database database(path, Access::write);
  const bool is_older = read_version(database) < kVersion;
  // FULL in WAL mode: the log is synced at each commit, unless CommitGroup says otherwise.
  database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  if (is_older) update_tables(database);
  require_source(database, source);
  return database;
}

std::optional<Database> open_store_file_for_reading(const std::string& folder) {
  const std::string path = file_of(folder);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (error) fail(path, error.message());
    return std::nullopt;
  }
  std::int64_t version = 0;
  {
    Database database(path, Access::read);
    version = read_version(database);
    if (version == kVersion) return database;
  }
  if (version == 0) return std::nullopt;
  Database writer(path, Access::write);
  update_tables(writer);
  return Database(path, Access::read);
}

}  // namespace godwit::control
