// A disk that is really full, on either side of the engine: a clear error, and the next run, with
// room again, completes. Needs a volume of its own, which only root may mount.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>

#include "cli/new_file.hpp"
#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::SourceDatabase;

namespace {

/// A tmpfs of a few megabytes, owned by the account that PostgreSQL runs as.
class SmallVolume {
 public:
  static bool possible() { return SmallVolume(1).mounted_; }

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
    if (::statvfs(path().c_str(), &state) != 0) throw std::runtime_error("statvfs " + path());
    const std::size_t available = state.f_bavail * state.f_bsize;
    std::ofstream(path() + "/filler")
        << std::string(available - std::min(available, free_bytes), 'x');
  }
  void make_room() const { ::unlink((path() + "/filler").c_str()); }

 private:
  godwit::test::TemporaryFolder folder_;
  bool mounted_ = false;
};

/// While it lives, what the engine creates lies in a tablespace at `path`.
class DefaultTablespace {
 public:
  explicit DefaultTablespace(const std::string& path) {
    super_.execute("CREATE TABLESPACE " + name_ + " LOCATION '" + path + "'");
    super_.execute("GRANT CREATE ON TABLESPACE " + name_ + " TO godwit");
    super_.execute("ALTER ROLE godwit SET default_tablespace = '" + name_ + "'");
  }
  ~DefaultTablespace() {
    const std::string lies_in_it =
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace "
        "WHERE spcname = '" +
        name_ + "')";
    try {
      super_.execute("ALTER ROLE godwit RESET default_tablespace");
      for (const std::string& database : godwit::test::target_databases("godwit_template_")) {
        if (Migration::target(database).scalar(lies_in_it) == "t") {
          super_.execute("DROP DATABASE " + database + " WITH (FORCE)");
        }
      }
      super_.execute("DROP TABLESPACE " + name_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "tablespace %s stays: %s\n", name_.c_str(), error.what());
    }
  }
  DefaultTablespace(const DefaultTablespace&) = delete;
  DefaultTablespace& operator=(const DefaultTablespace&) = delete;

 private:
  const std::string name_ = godwit::test::unique_name("small_");
  godwit::postgres::Session super_ = Migration::target("postgres");
};

/// 24 MB in a schema of its own: a template that another test made lies on another volume.
void fill(SourceDatabase& source) {
  const std::string table = godwit::test::unique_name("large_");
  source.run("CREATE TABLE " + table + " (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB);" +
             "INSERT INTO " + table + " (data) SELECT RANDOM_BYTES(1024) FROM seq_1_to_24000");
}

/// ctest knows a skipped test by this text, see tests/CMakeLists.txt.
bool skipped() {
  if (SmallVolume::possible()) return false;
  WARN("skipped: this process may not mount a volume");
  return true;
}

void check_that_the_next_run_completes(const Migration& migration) {
  const ProcessResult next = migration.copy();
  INFO(next.out << next.err);
  REQUIRE(next.exit_code == 0);
  CHECK(migration.verify().exit_code == 0);
}

}  // namespace

TEST_CASE("a full disk of the engine stops it before it starts anything", "[full_disk]") {
  if (skipped()) return;
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
  check_that_the_next_run_completes(migration);
}

TEST_CASE("a disk of the engine that fills during a run ends it, and the next one completes",
          "[full_disk]") {
  if (skipped()) return;
  SourceDatabase first;
  SourceDatabase second;
  fill(first);
  fill(second);
  const SmallVolume volume(4);
  const Migration migration({first.name(), second.name()}, "state: " + volume.path() + "/state\n");
  ProcessResult full;
  {
    // one copy stands still for a while after its snapshot; the other lane waits for its answer
    const std::jthread filler([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      volume.fill_up_to(0);
    });
    full = migration.copy({{"GODWIT_FAILPOINTS", "copy.after_snapshot=delay:3000@1"}});
  }
  INFO(full.out << full.err);
  CHECK(full.exit_code == 1);
  CHECK((full.out + full.err).find("free space") != std::string::npos);

  volume.make_room();
  check_that_the_next_run_completes(migration);
}

TEST_CASE("a full disk of the user leaves no half a file", "[full_disk]") {
  if (skipped()) return;
  const SmallVolume volume(1);
  volume.fill_up_to(8192);
  const std::string path = volume.path() + "/forecast.json";
  CHECK_THROWS_WITH(godwit::cli::write_new_file(path, std::string(100'000, 'x')),
                    Catch::Contains("No space left on device"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a full disk of the target fails the tenant, and it is copied when there is room",
          "[full_disk]") {
  if (skipped()) return;
  SourceDatabase source;
  fill(source);
  const SmallVolume volume(64);
  const DefaultTablespace space(volume.path());
  {
    const Migration migration({source.name()});
    volume.fill_up_to(16U << 20U);
    const ProcessResult full = migration.copy();
    INFO(full.out << full.err);
    CHECK(full.exit_code == 6);
    CHECK((full.out + full.err).find("No space left on device") != std::string::npos);

    volume.make_room();
    check_that_the_next_run_completes(migration);
  }
}
