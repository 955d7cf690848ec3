// A disk that is really full, on either side of the engine: a clear error, and the next run, with
// room again, completes. Needs a volume of its own, which only root may mount.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include <catch2/catch.hpp>

#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::SourceDatabase;

namespace {

/// A tmpfs of a few megabytes, owned by the account that PostgreSQL runs as.
class SmallVolume {
 public:
  static std::optional<std::string> refusal_to_mount() {
    const SmallVolume probe(1);
    if (probe.mounted_) return std::nullopt;
    return "this process may not mount a volume";
  }

  explicit SmallVolume(unsigned megabytes) {
    // a tablespace's folder must be the server's own
    struct stat data {};
    REQUIRE(::stat((godwit::test::servers().dir + "/postgres/data").c_str(), &data) == 0);
    const std::string options =
        "size=" + std::to_string(megabytes) + "m,mode=0700,uid=" + std::to_string(data.st_uid);
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallVolume() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallVolume(const SmallVolume&) = delete;
  SmallVolume& operator=(const SmallVolume&) = delete;

  [[nodiscard]] const std::string& path() const { return folder_.path(); }

  /// Leaves so many free bytes.
  void fill_up_to(std::size_t free_bytes) const {
    struct statvfs state {};
    REQUIRE(::statvfs(path().c_str(), &state) == 0);
    const std::size_t available = state.f_bavail * state.f_bsize;
    REQUIRE(available > free_bytes);
    std::ofstream(path() + "/filler") << std::string(available - free_bytes, 'x');
  }
  void make_room() const { REQUIRE(::unlink((path() + "/filler").c_str()) == 0); }

 private:
  godwit::test::TemporaryFolder folder_;
  bool mounted_ = false;
};

/// 24 MB in a schema of its own: a template that another test made lies on another volume.
void fill(SourceDatabase& source) {
  const std::string table = godwit::test::unique_name("large_");
  source.run("CREATE TABLE " + table + " (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB);" +
             "INSERT INTO " + table + " (data) SELECT RANDOM_BYTES(1024) FROM seq_1_to_24000");
}

}  // namespace

TEST_CASE("a full disk of the engine stops it before it starts anything", "[full_disk]") {
  if (const auto refusal = SmallVolume::refusal_to_mount()) {
    WARN("skipped: " << *refusal);
    return;
  }
  SourceDatabase source;
  fill(source);
  const SmallVolume volume(4);
  const Migration migration({source.name()}, "state: " + volume.path() + "/state\n");
  volume.fill_up_to(8192);
  const ProcessResult full = migration.copy();
  INFO(full.out << full.err);
  CHECK(full.exit_code != 0);
  CHECK((full.out + full.err).find("free space") != std::string::npos);
  CHECK(godwit::test::target_databases(source.name()).empty());

  volume.make_room();
  const ProcessResult next = migration.copy();
  INFO(next.out << next.err);
  REQUIRE(next.exit_code == 0);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("a full disk of the target fails the tenant, and it is copied when there is room",
          "[full_disk]") {
  if (const auto refusal = SmallVolume::refusal_to_mount()) {
    WARN("skipped: " << *refusal);
    return;
  }
  SourceDatabase source;
  fill(source);
  const SmallVolume volume(64);
  const std::string space = godwit::test::unique_name("small_");
  auto super = Migration::target("postgres");
  super.execute("CREATE TABLESPACE " + space + " LOCATION '" + volume.path() + "'");
  super.execute("GRANT CREATE ON TABLESPACE " + space + " TO godwit");
  super.execute("ALTER ROLE godwit SET default_tablespace = '" + space + "'");
  {
    const Migration migration({source.name()});
    volume.fill_up_to(16U << 20U);
    const ProcessResult full = migration.copy();
    INFO(full.out << full.err);
    CHECK(full.exit_code == 6);
    CHECK((full.out + full.err).find("No space left on device") != std::string::npos);

    volume.make_room();
    const ProcessResult next = migration.copy();
    INFO(next.out << next.err);
    CHECK(next.exit_code == 0);
    CHECK(migration.verify().exit_code == 0);
  }
  super.execute("ALTER ROLE godwit RESET default_tablespace");
  for (const std::string& name : godwit::test::target_databases("godwit_template_")) {
    const std::string holds =
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_tablespace t ON t.oid = "
        "c.reltablespace WHERE spcname = '" +
        space + "')";
    if (Migration::target(name).scalar(holds) == "t") super.execute("DROP DATABASE " + name);
  }
  super.execute("DROP TABLESPACE " + space);
}
