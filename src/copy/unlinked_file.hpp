// A file without a name: gone with the process, whatever ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace godwit::copy {

class UnlinkedFile {
 public:
  /// In this folder, which must exist; readable by this process alone. Throws Error(internal).
  explicit UnlinkedFile(const std::string& folder);
  UnlinkedFile(const UnlinkedFile&) = delete;
  UnlinkedFile& operator=(const UnlinkedFile&) = delete;
  ~UnlinkedFile();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Makes sure that the disk has room for so many bytes. Throws Error(internal).
  void reserve(std::uint64_t size) const;
  /// All or Error(internal); from any thread.
  void write(std::uint64_t offset, std::span<const std::byte> bytes) const;
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  [[noreturn]] void fail(const char* what, int code) const;

  const std::string folder_;
  int descriptor_ = -1;
};

}  // namespace godwit::copy
