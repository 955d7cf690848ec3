#include <array>
#include <cstring>
#include <filesystem>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/copy/key_map.hpp"

using godwit::copy::kElsewhere;
using godwit::copy::KeyMap;
using godwit::copy::KeyReader;
using godwit::copy::kNobody;
using godwit::copy::MapMemory;
using godwit::copy::routing_key;
using godwit::mariadb::Column;
using godwit::mariadb::ColumnType;
using godwit::mariadb::RawValue;

namespace {

Column column(ColumnType type, bool is_unsigned = false) {
  Column made;
  made.type = type;
  made.is_unsigned = is_unsigned;
  return made;
}

template <class Int>
RawValue raw(const Int& value) {
  return {reinterpret_cast<const std::byte*>(&value), sizeof value};
}

RawValue raw_text(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string folder() { return std::filesystem::temp_directory_path().string(); }

}  // namespace

TEST_CASE("integers of all widths are one key by their value", "[copy]") {
  const Column small = column(ColumnType::smallint);
  const Column big = column(ColumnType::bigint);
  const Column unsigned_big = column(ColumnType::bigint, true);
  const std::array<const Column*, 1> as_small{&small};
  const std::array<const Column*, 1> as_big{&big};
  const std::array<const Column*, 1> as_unsigned{&unsigned_big};
  KeyReader read_small(as_small, {0});
  KeyReader read_big(as_big, {0});
  KeyReader read_unsigned(as_unsigned, {0});
  const std::int16_t narrow = -5;
  const std::int64_t wide = -5;
  const std::uint64_t huge = static_cast<std::uint64_t>(wide);
  const std::vector<RawValue> narrow_row{raw(narrow)};
  const std::vector<RawValue> wide_row{raw(wide)};
  const std::vector<RawValue> huge_row{raw(huge)};
  CHECK(read_small.read(narrow_row) == read_big.read(wide_row));
  CHECK(read_small.read(narrow_row) == routing_key(small, "-5"));
  // the same bits, another number
  CHECK_FALSE(read_unsigned.read(huge_row) == read_big.read(wide_row));
  CHECK(read_unsigned.read(huge_row) == routing_key(unsigned_big, "18446744073709551611"));
  const std::vector<RawValue> null_row{RawValue{}};
  CHECK_FALSE(read_big.read(null_row));
}

TEST_CASE("keys of several columns keep their borders", "[copy]") {
  const Column text = column(ColumnType::varchar);
  const std::array<const Column*, 2> columns{&text, &text};
  KeyReader reader(columns, {1, 0});
  const std::string ab = "ab";
  const std::string c = "c";
  const std::string a = "a";
  const std::string bc = "bc";
  const std::vector<RawValue> one{raw_text(c), raw_text(ab)};
  const std::vector<RawValue> other{raw_text(bc), raw_text(a)};
  const std::vector<RawValue> half_null{raw_text(c), RawValue{}};
  CHECK_FALSE(reader.read(one) == reader.read(other));
  CHECK_FALSE(reader.read(half_null));
}

TEST_CASE("a map gives back what was put in, in memory and on disk, dense and sparse", "[copy]") {
  const bool dense = GENERATE(true, false);
  const std::uint64_t memory_bytes = GENERATE(std::uint64_t{1} << 30U, std::uint64_t{0});
  CAPTURE(dense, memory_bytes);
  MapMemory memory(folder(), memory_bytes);
  KeyMap map(memory);
  const Column id = column(ColumnType::integer);
  constexpr int kKeys = 50'000;
  const int step = dense ? 1 : 1'000;
  if (dense) map.expect_integers(-10, kKeys - 10, kKeys);
  std::vector<KeyMap::Entry> entries;
  for (int i = 0; i < kKeys; ++i) {
    entries.push_back({routing_key(id, std::to_string(i * step - 10)),
                       i % 7 == 0 ? kElsewhere : static_cast<godwit::copy::Slot>(i)});
  }
  map.put(std::span(entries).first(10));
  map.put(std::span(entries).subspan(10));
  CHECK(map.size() == kKeys);
  if (dense) CHECK(map.bytes() < std::uint64_t{5} * kKeys);
  std::size_t wrong = 0;
  for (int i = 0; i < kKeys; ++i) {
    const auto expected = i % 7 == 0 ? kElsewhere : static_cast<godwit::copy::Slot>(i);
    wrong += map.find(routing_key(id, std::to_string(i * step - 10))) == expected ? 0U : 1U;
  }
  CHECK(wrong == 0);
  CHECK(map.find(routing_key(id, "-11")) == kNobody);
  CHECK(map.find(routing_key(id, std::to_string(kKeys * step))) == kNobody);
  // the bits of -5 as an unsigned number
  CHECK(map.find(routing_key(column(ColumnType::bigint, true), "18446744073709551611")) == kNobody);
}

TEST_CASE("sparse integers don't get an array", "[copy]") {
  MapMemory memory(folder(), 1U << 20U);
  KeyMap map(memory);
  map.expect_integers(0, std::int64_t{1} << 40U, 1'000);
  CHECK(map.bytes() == 0);
  const Column id = column(ColumnType::bigint);
  const std::vector<KeyMap::Entry> entries{{routing_key(id, "1099511627776"), 3}};
  map.put(entries);
  CHECK(map.find(routing_key(id, "1099511627776")) == 3);
}
