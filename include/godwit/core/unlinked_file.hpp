// A file without a name: gone with the process, whatever ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace godwit {

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
  /// Gives these bytes' disk space back; they read as zeros. False: the file system can't.
  [[nodiscard]] bool punch(std::uint64_t offset, std::uint64_t size) const noexcept;
  /// Empties the file, as far as the file system lets it.
  void truncate() const noexcept;

 private:
  [[noreturn]] void fail(const char* what, int code) const;

  const std::string folder_;
  int descriptor_ = -1;
};

}  // namespace godwit
