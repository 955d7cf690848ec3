#include "new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "godwit/core/error.hpp"

namespace godwit::cli {

void write_new_file(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    throw Error(ErrorKind::usage, "can't create " + path + ": " + std::strerror(errno),
                errno == EEXIST ? "name another file; godwit doesn't overwrite any" : "");
  }
  const auto fail = [&](int error) {
    unlink(path.c_str());
    throw Error(ErrorKind::usage, "can't write " + path + ": " + std::strerror(error));
  };
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0) {
      const int error = errno;
      close(file);
      fail(error);
    }
    written += static_cast<std::size_t>(count);
  }
  // a file system may find out only now that there is no room
  const int error = fsync(file) == 0 ? 0 : errno;
  if (close(file) != 0) fail(errno);
  if (error != 0) fail(error);
}

}  // namespace godwit::cli
