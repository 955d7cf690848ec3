#include "godwit/core/unlinked_file.hpp"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkostemp
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit {

UnlinkedFile::UnlinkedFile(const std::string& folder) : folder_(folder) {
  descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor_ >= 0) return;
  if (errno != EOPNOTSUPP && errno != EISDIR) fail("no file can be made", errno);
  // a file system that knows no files without a name
  std::string path = folder + "/spill.XXXXXX";
  descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);  // mode 0600
  if (descriptor_ < 0) fail("no file can be made", errno);
  if (::unlink(path.c_str()) != 0) fail("a file can't lose its name", errno);
}

UnlinkedFile::~UnlinkedFile() { ::close(descriptor_); }

void UnlinkedFile::reserve(std::uint64_t size) const {
  const int code = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size));
  if (code != 0) fail("no room for more", code);
}

void UnlinkedFile::write(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail("writing failed", count == 0 ? ENOSPC : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void UnlinkedFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail("reading failed", count == 0 ? EIO : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

bool UnlinkedFile::punch(std::uint64_t offset, std::uint64_t size) const noexcept {
  return ::fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     static_cast<off_t>(offset), static_cast<off_t>(size)) == 0;
}

void UnlinkedFile::truncate() const noexcept {
  // an empty file is a kindness to the disk: nothing depends on it
  static_cast<void>(::ftruncate(descriptor_, 0) == 0);
}

void UnlinkedFile::fail(const char* what, int code) const {
  throw Error(ErrorKind::internal,
              "the spill in " + printable(folder_) + ": " + what + ": " +
                  std::generic_category().message(code),
              "free space there, or move the state folder (state: in the plan)");
}

}  // namespace godwit
