#include "godwit/copy/key_map.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include <xxhash.h>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::copy {
namespace {

constexpr std::size_t kCellsMin = 1024;
/// An array is worth it up to so many values of the range per key: 4 bytes each, where a cell is
/// 24 at a load of a quarter to a half.
constexpr std::uint64_t kSparsenessMax = 16;

/// Negative numbers and unsigned ones above 2^63 have the same bits: `high` tells them apart.
RoutingKey of_signed(std::int64_t value) {
  return {value < 0 ? ~std::uint64_t{0} : 0, static_cast<std::uint64_t>(value)};
}

template <class Int>
std::int64_t load(const std::byte* at) {
  Int value = 0;
  std::memcpy(&value, at, sizeof value);
  return static_cast<std::int64_t>(value);
}

RoutingKey integer_key(const mariadb::RawValue& value, bool is_unsigned) {
  switch (value.size) {
    case 1:
      return of_signed(is_unsigned ? load<std::uint8_t>(value.data)
                                   : load<std::int8_t>(value.data));
    case 2:
      return of_signed(is_unsigned ? load<std::uint16_t>(value.data)
                                   : load<std::int16_t>(value.data));
    case 4:
      return of_signed(is_unsigned ? load<std::uint32_t>(value.data)
                                   : load<std::int32_t>(value.data));
    case 8: {
      const std::int64_t bits = load<std::int64_t>(value.data);
      return is_unsigned ? RoutingKey{0, static_cast<std::uint64_t>(bits)} : of_signed(bits);
    }
    default:
      throw Error(ErrorKind::internal, "an integer of " + std::to_string(value.size) + " bytes");
  }
}

RoutingKey hash_of(const std::string& bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

/// With its length in front, so that ("ab", "c") isn't ("a", "bc").
void add_bytes(std::string& buffer, const void* bytes, std::uint64_t size) {
  buffer.append(reinterpret_cast<const char*>(&size), sizeof size);
  buffer.append(static_cast<const char*>(bytes), size);
}

std::size_t first_cell(const RoutingKey& key) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;  // spreads consecutive integers
  return (key.low ^ (key.high * kGolden)) * kGolden >> 20U;
}

}  // namespace

bool is_integer(const mariadb::Column& column) {
  using mariadb::ColumnType;
  return column.type == ColumnType::tinyint || column.type == ColumnType::smallint ||
         column.type == ColumnType::mediumint || column.type == ColumnType::integer ||
         column.type == ColumnType::bigint;
}

KeyReader::KeyReader(std::span<const mariadb::Column* const> columns,
                     std::vector<std::size_t> positions) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    parts_.push_back({positions.at(i), is_integer(*columns[i]), columns[i]->is_unsigned});
  }
}

std::optional<RoutingKey> KeyReader::read(std::span<const mariadb::RawValue> row) {
  if (parts_.size() == 1 && parts_.front().integer) {
    const mariadb::RawValue& value = row[parts_.front().position];
    if (value.is_null()) return std::nullopt;
    return integer_key(value, parts_.front().is_unsigned);
  }
  buffer_.clear();
  for (const Part& part : parts_) {
    const mariadb::RawValue& value = row[part.position];
    if (value.is_null()) return std::nullopt;
    if (part.integer) {
      const RoutingKey key = integer_key(value, part.is_unsigned);
      add_bytes(buffer_, &key, sizeof key);
    } else {
      add_bytes(buffer_, value.data, value.size);
    }
  }
  return hash_of(buffer_);
}

RoutingKey routing_key(const mariadb::Column& column, std::string_view text) {
  if (!is_integer(column)) {
    std::string buffer;
    add_bytes(buffer, text.data(), text.size());
    return hash_of(buffer);
  }
  const char* end = text.data() + text.size();
  if (text.starts_with('-')) {
    std::int64_t value = 0;
    const auto [behind, problem] = std::from_chars(text.data(), end, value);
    if (problem == std::errc() && behind == end) return of_signed(value);
  } else {
    std::uint64_t value = 0;
    const auto [behind, problem] = std::from_chars(text.data(), end, value);
    if (problem == std::errc() && behind == end) return {0, value};
  }
  throw Error(ErrorKind::internal, "not an integer key: " + printable(text));
}

void KeyMap::expect_integers(std::int64_t low, std::int64_t high, std::uint64_t rows) {
  if (high < low) return;
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  if (span == 0 || span > kSparsenessMax * std::max<std::uint64_t>(rows, kCellsMin)) return;
  block_ = memory_.allocate(span * sizeof(std::uint32_t));
  dense_ = true;
  low_ = low;
  high_ = high;
}

void KeyMap::put(std::span<const Entry> entries) {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries) {
    if (dense_) {
      const auto value = static_cast<std::int64_t>(entry.key.low);
      if (value < low_ || value > high_) {
        throw Error(ErrorKind::internal, "a key outside of its table's range");
      }
      slots()[value - low_] = entry.slot + 1;  // 0: none
      ++used_;
      continue;
    }
    if (2 * (used_ + 1) > capacity_) grow();
    insert(cells(), capacity_ - 1, entry);
    ++used_;
  }
}

Slot KeyMap::find(const RoutingKey& key) const {
  if (dense_) {
    const auto value = static_cast<std::int64_t>(key.low);
    const bool is_negative = value < 0;
    // an unsigned number above 2^63 has the bits of a negative one
    if (is_negative != (key.high != 0) || value < low_ || value > high_) return kNobody;
    const std::uint32_t stored = slots()[value - low_];
    return stored == 0 ? kNobody : stored - 1;
  }
  if (capacity_ == 0) return kNobody;
  const Cell* all = cells();
  const std::size_t mask = capacity_ - 1;
  for (std::size_t at = first_cell(key);; ++at) {
    const Cell& cell = all[at & mask];
    if (cell.slot_plus_one == 0) return kNobody;
    if (cell.key == key) return static_cast<Slot>(cell.slot_plus_one - 1);
  }
}

void KeyMap::grow() {
  const std::size_t capacity = capacity_ == 0 ? kCellsMin : 2 * capacity_;
  MapMemory::Block larger = memory_.allocate(capacity * sizeof(Cell));
  auto* to = reinterpret_cast<Cell*>(larger.data());
  for (std::size_t i = 0; i < capacity_; ++i) {
    const Cell& cell = cells()[i];
    if (cell.slot_plus_one == 0) continue;
    insert(to, capacity - 1, {cell.key, static_cast<Slot>(cell.slot_plus_one - 1)});
  }
  block_ = std::move(larger);
  capacity_ = capacity;
}

void KeyMap::insert(Cell* cells, std::size_t mask, const Entry& entry) {
  std::size_t at = first_cell(entry.key);
  while (cells[at & mask].slot_plus_one != 0)
    ++at;
  cells[at & mask] = {entry.key, std::uint64_t{entry.slot} + 1};
}

}  // namespace godwit::copy
