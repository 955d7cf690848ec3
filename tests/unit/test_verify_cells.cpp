// Cells: equality, order, hashes.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "verify/cell.hpp"
#include "verify/row_hash.hpp"
#include "verify/target_column.hpp"

using namespace godwit::verify;
using godwit::schema::TargetForm;

namespace {

Cell text_cell(std::string_view text) {
  Cell cell;
  set_view(cell, text);
  return cell;
}

Cell flawed_cell(std::string_view text) {
  Cell cell;
  set_flaw(cell, "flaw", text);
  return cell;
}

}  // namespace

TEST_CASE("NULL equals NULL, not the empty text; a flaw equals nothing", "[verify]") {
  CHECK(same(Cell{}, Cell{}));
  CHECK_FALSE(same(Cell{}, text_cell("")));
  CHECK(same(text_cell(""), text_cell("")));
  CHECK(same(text_cell("a"), text_cell("a")));
  CHECK_FALSE(same(text_cell("a"), text_cell("a ")));
  CHECK_FALSE(same(flawed_cell("a"), flawed_cell("a")));
  CHECK_FALSE(same(flawed_cell("a"), text_cell("a")));
}

TEST_CASE("Integers are ordered by value over the whole range", "[verify]") {
  const std::vector<Integer> ascending = {signed_integer(std::numeric_limits<std::int64_t>::min()),
                                          signed_integer(-2),
                                          signed_integer(-1),
                                          signed_integer(0),
                                          signed_integer(1),
                                          signed_integer(std::numeric_limits<std::int64_t>::max()),
                                          {std::numeric_limits<std::uint64_t>::max(), false}};
  for (std::size_t index = 1; index < ascending.size(); ++index) {
    Scratch left_scratch;
    Scratch right_scratch;
    Cell left;
    Cell right;
    set_integer(left, left_scratch, ascending[index - 1]);
    set_integer(right, right_scratch, ascending[index]);
    INFO(to_text(ascending[index - 1]) << " < " << to_text(ascending[index]));
    CHECK(order(left, right) < 0);
    CHECK(to_text(integer_of(right)) == to_text(ascending[index]));
  }
}

TEST_CASE("Floating-point numbers are ordered by value and compared by bits", "[verify]") {
  const std::vector<double> ascending = {-HUGE_VAL, -1e308, -1.0, -5e-324, -0.0,
                                         0.0,       5e-324, 1.0,  1e308,   HUGE_VAL};
  for (std::size_t index = 1; index < ascending.size(); ++index) {
    Scratch left_scratch;
    Scratch right_scratch;
    Cell left;
    Cell right;
    set_float8(left, left_scratch, std::bit_cast<std::uint64_t>(ascending[index - 1]));
    set_float8(right, right_scratch, std::bit_cast<std::uint64_t>(ascending[index]));
    CHECK(order(left, right) < 0);
    CHECK(float8_of(right) == std::bit_cast<std::uint64_t>(ascending[index]));
    set_float4(left, left_scratch,
               std::bit_cast<std::uint32_t>(static_cast<float>(ascending[index])));
    CHECK(float4_of(left) == std::bit_cast<std::uint32_t>(static_cast<float>(ascending[index])));
  }
}

TEST_CASE("Texts are ordered by code point, a shorter one first, NULL last", "[verify]") {
  const std::vector<std::string> ascending = {
      "", "a", std::string("a\0", 2), "a ", "ab", "b", "é", "ｚ", "😀"};
  for (std::size_t index = 1; index < ascending.size(); ++index) {
    CHECK(order(text_cell(ascending[index - 1]), text_cell(ascending[index])) < 0);
  }
  CHECK(order(text_cell("😀"), Cell{}) < 0);
  CHECK(order(Cell{}, Cell{}) == 0);
}

TEST_CASE("Equal rows of both sides hash alike, others don't", "[verify]") {
  RowHasher hasher(42);
  const auto hash = [&](const std::vector<Cell>& row, Side side) {
    return hasher.hash(row, side).value();
  };
  const std::string long_text(10'000, 'x');
  const std::vector<Cell> row = {text_cell("ab"), Cell{}, text_cell(long_text)};
  CHECK(hash(row, Side::source) == hash(row, Side::target));
  std::string changed = long_text;
  changed[9'999] = 'y';
  const std::vector<std::vector<Cell>> others = {
      {text_cell("a"), text_cell("b"), text_cell(long_text)},
      {text_cell("ab"), text_cell(""), text_cell(long_text)},
      {Cell{}, text_cell("ab"), text_cell(long_text)},
      {text_cell("ab"), Cell{}, text_cell(changed)},
      {text_cell("ab"), Cell{}, text_cell(long_text), Cell{}},
  };
  for (const std::vector<Cell>& other : others) {
    CHECK_FALSE(hash(row, Side::source) == hash(other, Side::target));
  }
  const std::vector<Cell> flawed = {flawed_cell("a")};
  CHECK_FALSE(hash(flawed, Side::source) == hash(flawed, Side::target));
}

TEST_CASE("Bucket sums cancel out exactly when the rows do", "[verify]") {
  RowHasher hasher(7);
  BucketSums sums;
  const std::vector<Cell> a = {text_cell("a")};
  const std::vector<Cell> b = {text_cell("b")};
  sums.add(hasher.hash(a, Side::source));
  sums.add(hasher.hash(a, Side::source));
  sums.add(hasher.hash(b, Side::source));
  sums.add(hasher.hash(b, Side::target));
  sums.add(hasher.hash(a, Side::target));
  CHECK(sums.differs(hasher.hash(a, Side::source)));
  sums.add(hasher.hash(a, Side::target));
  CHECK_FALSE(sums.differs(hasher.hash(a, Side::source)));
  CHECK_FALSE(sums.differs(hasher.hash(b, Side::source)));
  CHECK(sums.rows(BucketSums::bucket_of(hasher.hash(a, Side::source))) >= 4);
}

TEST_CASE("Target fields of a wrong size are flaws, not read beyond", "[verify]") {
  using enum TargetForm;
  Cell cell;
  Scratch scratch;
  for (const TargetForm form :
       {int2, int4, int8, numeric, float4, float8, boolean, bit, date, timestamp, timestamptz, time,
        interval, jsonb, text_array, uuid, inet}) {
    const std::vector<std::byte> field(3);
    INFO(static_cast<int>(form));
    target_reader(form)(field, scratch, cell);
    CHECK(cell.state == CellState::flawed);
  }
}

TEST_CASE("Arrays: NULL elements, other lower bounds and cut ones are flaws", "[verify]") {
  const auto read = [](const std::vector<std::uint32_t>& words) {
    std::vector<std::byte> field(words.size() * 4);
    for (std::size_t index = 0; index < words.size(); ++index) {
      store_big_endian(&field[4 * index], words[index]);
    }
    Cell cell;
    Scratch scratch;
    target_reader(TargetForm::text_array)(field, scratch, cell);
    return cell.state;
  };
  CHECK(read({0, 0, 25}) == CellState::value);
  CHECK(read({1, 0, 25, 1, 1, 4, 0x61626364}) == CellState::value);
  CHECK(read({1, 0, 25, 1, 2, 4, 0x61626364}) == CellState::flawed);
  CHECK(read({1, 1, 25, 1, 1, 0xFFFFFFFF}) == CellState::flawed);
  CHECK(read({1, 0, 25, 1, 1, 9, 0x61626364}) == CellState::flawed);
  CHECK(read({2, 0, 25, 1, 1, 1, 1}) == CellState::flawed);
}
