#include "godwit/copy/spill.hpp"

#include <xxhash.h>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/unlinked_file.hpp"

namespace godwit::copy {
namespace {

/// Before each extent. The chain leads backwards: an extent is written once and never changed.
struct Header {
  std::uint64_t previous = 0;  // as Chain::last
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;  // XXH3 of the rows, seeded with the extent's offset
};

}  // namespace

class Spill::File : public UnlinkedFile {
 public:
  using UnlinkedFile::UnlinkedFile;
};

Spill::Spill(std::string folder, std::size_t chains, std::uint64_t bytes_max)
    : folder_(std::move(folder)), bytes_max_(bytes_max), chains_(chains) {}

Spill::~Spill() = default;

void Spill::append(std::size_t chain, std::span<const std::byte> rows, std::uint64_t count) {
  Header header;
  header.size = rows.size();
  std::uint64_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!file_) file_ = std::make_unique<File>(folder_);
    const std::uint64_t size = sizeof header + rows.size();
    if (size > bytes_max_ || end_ > bytes_max_ - size) {
      throw Error(
          ErrorKind::internal,
          "the spill in " + printable(folder_) + " reaches its limit of " + human_bytes(bytes_max_),
          "raise copy.spill in the plan, or put fewer tenants into the wave");
    }
    offset = end_;
    end_ += size;
    Chain& of = chains_.at(chain);
    header.previous = of.last;
    of.last = offset + 1;
    of.rows += count;
    of.bytes += rows.size();
  }
  header.checksum = XXH3_64bits_withSeed(rows.data(), rows.size(), offset);
  file_->write(offset, std::as_bytes(std::span(&header, 1)));
  file_->write(offset + sizeof header, rows);
}

Spill::Total Spill::total(std::size_t chain) const {
  const std::lock_guard lock(mutex_);
  return {chains_.at(chain).rows, chains_.at(chain).bytes};
}

std::uint64_t Spill::bytes() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void Spill::read(std::size_t chain,
                 const std::function<void(std::span<const std::byte>)>& take) const {
  std::vector<std::uint64_t> offsets;
  {
    std::uint64_t next = 0;
    {
      const std::lock_guard lock(mutex_);
      next = chains_.at(chain).last;
    }
    while (next != 0) {
      offsets.push_back(next - 1);
      Header header;
      file_->read(next - 1, std::as_writable_bytes(std::span(&header, 1)));
      next = header.previous;
    }
  }
  std::vector<std::byte> rows;
  for (std::size_t i = offsets.size(); i-- > 0;) {
    Header header;
    file_->read(offsets[i], std::as_writable_bytes(std::span(&header, 1)));
    rows.resize(header.size);
    file_->read(offsets[i] + sizeof header, rows);
    if (XXH3_64bits_withSeed(rows.data(), rows.size(), offsets[i]) != header.checksum) {
      throw Error(
          ErrorKind::internal,
          "the spill in " + printable(folder_) + " gives back other bytes than were written",
          "the disk is failing: move the state folder (state: in the plan)");
    }
    take(rows);
  }
}

}  // namespace godwit::copy
