#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "godwit/copy/key_map.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/unlinked_file.hpp"

namespace godwit::copy {
namespace {

Error refused(std::size_t size) {
  return Error(ErrorKind::internal,
               "no memory of " + human_bytes(size) + " for the keys that rows are routed by: " +
                   std::generic_category().message(errno),
               "free memory or disk space, or read fewer tenants at once");
}

}  // namespace

MapMemory::Block::Block(Block&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MapMemory::Block& MapMemory::Block::operator=(Block&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MapMemory::Block::~Block() {
  if (data_ == nullptr) return;
  ::munmap(data_, size_);
  if (memory_ == nullptr) return;
  const std::lock_guard lock(memory_->mutex_);
  memory_->left_ += size_;
}

MapMemory::Block MapMemory::allocate(std::size_t size) {
  Block block;
  block.size_ = size;
  {
    const std::lock_guard lock(mutex_);
    if (size <= left_) {
      left_ -= size;
      block.memory_ = this;
    }
  }
  void* mapped = MAP_FAILED;  // NOLINT(cppcoreguidelines-pro-type-cstyle-cast)
  if (block.memory_ != nullptr) {
    mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  } else {
    const UnlinkedFile file(folder_);
    // reserved now: a page that finds no space later would kill the process
    file.reserve(size);
    mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor(), 0);
  }
  if (mapped == MAP_FAILED) {  // NOLINT(cppcoreguidelines-pro-type-cstyle-cast)
    const Error error = refused(size);
    if (block.memory_ != nullptr) {
      const std::lock_guard lock(mutex_);
      left_ += size;
    }
    block.memory_ = nullptr;
    throw Error(error);
  }
  block.data_ = static_cast<std::byte*>(mapped);
  return block;
}

}  // namespace godwit::copy
