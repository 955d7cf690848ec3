#include "godwit/core/secret.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit {
namespace {

constexpr std::size_t kPasswordFileMax = 4096;

class FileHandle {
 public:
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void fail(const std::string& path, const std::string& problem,
                       const std::string& hint = {}) {
  throw Error(ErrorKind::usage, "the password file " + printable(path) + " " + problem, hint);
}

/// The file may be a symbolic link (Kubernetes mounts secrets that way); what counts is who can
/// read the file itself.
void require_private(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0)
    fail(path, std::string("can't be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail(path, "is not a regular file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    fail(path, "may be read by others than its owner", "Run: chmod 600 " + printable(path));
  }
  const uid_t user = ::geteuid();
  if (status.st_uid != user && status.st_uid != 0 && user != 0) {
    fail(path, "belongs to another user", "Its owner must be the user that runs godwit, or root.");
  }
}

}  // namespace

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

// A moved-from string may keep a short text in its own buffer, hence the wiping of both.
Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = std::move(other.value_);
    other.wipe();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  value_.resize(value_.capacity());  // within the capacity: no allocation
  explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

Secret Secret::from_file(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) fail(path, std::string("can't be read: ") + std::strerror(errno));
  require_private(file.get(), path);

  std::array<char, kPasswordFileMax> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t count = ::read(file.get(), buffer.data() + size, buffer.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, std::string("can't be read: ") + std::strerror(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  std::string_view line(buffer.data(), size);
  const std::size_t end = line.find('\n');
  const bool too_long = end == std::string_view::npos && size == buffer.size();
  line = line.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const bool has_nul = line.find('\0') != std::string_view::npos;
  Secret secret{std::string(line)};
  explicit_bzero(buffer.data(), buffer.size());

  if (too_long) fail(path, "has a first line of more than 4096 bytes");
  if (has_nul) fail(path, "holds a NUL byte");
  if (secret.empty()) fail(path, "has an empty first line");
  return secret;
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    throw Error(ErrorKind::internal,
                std::string("core dumps can't be forbidden: ") + std::strerror(errno));
  }
}

}  // namespace godwit
