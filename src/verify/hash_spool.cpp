#include "hash_spool.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include "godwit/core/error.hpp"

namespace godwit::verify {

namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorKind::internal,
              std::string("the temporary file of a comparison can't be ") + what + ": " +
                  std::generic_category().message(errno),
              "free some space in /tmp");
}

}  // namespace

HashSpool::HashSpool() : file_(std::tmpfile()) {
  if (!file_) fail("made");
}

void HashSpool::put(const RowHash& hash) {
  if (std::fwrite(&hash, sizeof hash, 1, file_.get()) != 1) fail("written");
}

void HashSpool::rewind() {
  if (std::fflush(file_.get()) != 0) fail("written");
  std::rewind(file_.get());
}

bool HashSpool::next(RowHash& hash) {
  if (std::fread(&hash, sizeof hash, 1, file_.get()) == 1) return true;
  if (std::ferror(file_.get()) != 0) fail("read");
  return false;
}

}  // namespace godwit::verify
