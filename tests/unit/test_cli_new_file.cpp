// Files that are written for the user: whole or not at all, and never over another.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "cli/new_file.hpp"
#include "godwit/core/error.hpp"

namespace {

/// A folder of the test's own.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("gw_file_" + std::to_string(getpid()))) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// While it lives, no file of this process grows beyond so many bytes: the kernel's own failure, as
/// of a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool refuses(const std::string& path, const std::string& text) {
  try {
    godwit::cli::write_new_file(path, text);
    return false;
  } catch (const godwit::Error& error) {
    return error.kind() == godwit::ErrorKind::usage;
  }
}

}  // namespace

TEST_CASE("a new file is written whole and never over another", "[cli]") {
  const Folder folder;
  const std::string path = folder.file("plan.yaml");
  const std::string text(100'000, 'x');
  godwit::cli::write_new_file(path, text);
  CHECK(read(path) == text);
  CHECK(refuses(path, "other"));
  CHECK(read(path) == text);
  CHECK(refuses(folder.file("no/such/folder"), "x"));
}

TEST_CASE("a file that can't be written whole isn't there", "[cli]") {
  const Folder folder;
  const std::string path = folder.file("plan.yaml");
  bool refused = false;
  {
    const FileSizeLimit limit(4096);
    refused = refuses(path, std::string(10'000, 'x'));
  }
  CHECK(refused);
  CHECK_FALSE(std::filesystem::exists(path));
}
