#include <xxhash.h>

#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/unlinked_file.hpp"

namespace godwit::capture {
namespace {

constexpr std::uint64_t kBlockBytes = 4096;

/// What an extent of so many bytes takes on disk; an empty one a block, so that each has its own.
std::uint64_t on_disk(std::uint64_t size) {
  return size == 0 ? kBlockBytes : (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

/// Which parts of the file no extent uses. There are never more gaps than extents, plus one.
class FreeSpace {
 public:
  /// Where the file ends.
  [[nodiscard]] std::uint64_t end() const { return end_; }

  /// The smallest gap that `size` fits into; nullopt: there is none.
  std::optional<std::uint64_t> take_gap(std::uint64_t size) {
    const auto gap = by_size_.lower_bound({size, 0});
    if (gap == by_size_.end()) return std::nullopt;
    const auto [length, offset] = *gap;
    const std::uint64_t found = offset;
    const std::uint64_t left = length - size;
    by_offset_.erase(found);
    by_size_.erase(gap);
    if (left != 0) put(found + size, left);
    return found;
  }

  std::uint64_t take_end(std::uint64_t size) { return std::exchange(end_, end_ + size); }

  void give(std::uint64_t offset, std::uint64_t size) {
    const auto after = by_offset_.lower_bound(offset);
    if (after != by_offset_.end() && after->first == offset + size) {
      size += after->second;
      drop(after);
    }
    const auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == offset) {
        offset = before->first;
        size += before->second;
        drop(before);
      }
    }
    if (offset + size == end_) {
      end_ = offset;
    } else {
      put(offset, size);
    }
  }

  void clear() {
    by_offset_.clear();
    by_size_.clear();
    end_ = 0;
  }

 private:
  void put(std::uint64_t offset, std::uint64_t size) {
    by_offset_.emplace(offset, size);
    by_size_.emplace(size, offset);
  }
  void drop(std::map<std::uint64_t, std::uint64_t>::iterator gap) {
    by_size_.erase({gap->second, gap->first});
    by_offset_.erase(gap);
  }

  std::map<std::uint64_t, std::uint64_t> by_offset_;           // size by offset
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // size, offset
  std::uint64_t end_ = 0;
};

}  // namespace

struct SpillFile::State {
  State(std::string in_folder, std::uint64_t most)
      : folder(std::move(in_folder)), bytes_max(most) {}

  /// nullopt: the limit is reached.
  std::optional<std::uint64_t> allocate(std::uint64_t size) {
    const std::lock_guard lock(mutex);
    if (!file) file = std::make_unique<UnlinkedFile>(folder);
    if (size > bytes_max || used > bytes_max - size) return std::nullopt;
    std::optional<std::uint64_t> offset = free.take_gap(size);
    if (!offset) {
      // a gap that can't be given back to the disk still takes its place there
      if (!punches && free.end() > bytes_max - size) return std::nullopt;
      offset = free.take_end(size);
    }
    used += size;
    return offset;
  }

  void give_back(std::uint64_t offset, std::uint64_t size) noexcept {
    // before others may write there
    const bool punched = file->punch(offset, size);
    const std::lock_guard lock(mutex);
    punches = punches && punched;
    used -= size;
    if (used == 0) {
      free.clear();
      file->truncate();
      return;
    }
    try {
      free.give(offset, size);
    } catch (const std::bad_alloc&) {
      // no memory for the note: the gap isn't used again before the file is empty
    }
  }

  const std::string folder;
  const std::uint64_t bytes_max;
  mutable std::mutex mutex;
  std::unique_ptr<UnlinkedFile> file;  // guarded by mutex until it is made
  FreeSpace free;                      // guarded by mutex
  std::uint64_t used = 0;              // guarded by mutex
  bool punches = true;                 // guarded by mutex; the file system knows holes
};

SpillFile::SpillFile(std::string folder, std::uint64_t bytes_max)
    : state_(std::make_unique<State>(std::move(folder), bytes_max)) {}

SpillFile::~SpillFile() = default;

std::optional<SpillFile::Extent> SpillFile::write(std::span<const std::byte> content) {
  const std::uint64_t size = on_disk(content.size());
  const std::optional<std::uint64_t> offset = state_->allocate(size);
  if (!offset) return std::nullopt;
  try {
    state_->file->write(*offset, content);
  } catch (...) {
    state_->give_back(*offset, size);
    throw;
  }
  return Extent{*offset, content.size(), XXH3_64bits(content.data(), content.size())};
}

void SpillFile::read(const Extent& extent, std::span<std::byte> into) const {
  if (into.size() != extent.size) {
    throw Error(ErrorKind::internal, "an extent of the spill is read into room of another size");
  }
  state_->file->read(extent.offset, into);
  if (XXH3_64bits(into.data(), into.size()) != extent.checksum) {
    throw Error(ErrorKind::internal,
                "the spill in " + printable(state_->folder) +
                    " gives back other bytes than were written, at offset " +
                    std::to_string(extent.offset),
                "the disk is failing: move the state folder (state: in the plan)");
  }
}

void SpillFile::free(const Extent& extent) noexcept {
  state_->give_back(extent.offset, on_disk(extent.size));
}

std::uint64_t SpillFile::bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->used;
}

}  // namespace godwit::capture
