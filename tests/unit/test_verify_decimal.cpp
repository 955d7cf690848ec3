// Decimals of both sides become the same cells, in the order of their values.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "verify/decimal.hpp"

using namespace godwit::verify;

namespace {

std::string cell_bytes(const std::string& text) {
  Cell cell;
  Scratch scratch;
  set_decimal(cell, scratch, text);
  REQUIRE(cell.state == CellState::value);
  return std::string(cell.text());
}

/// numeric_send's bytes: groups, weight, sign, scale, then groups of four digits.
std::vector<std::byte> wire(std::vector<std::uint16_t> words) {
  std::vector<std::byte> bytes;
  for (const std::uint16_t word : words) {
    bytes.push_back(static_cast<std::byte>(word >> 8U));
    bytes.push_back(static_cast<std::byte>(word & 0xFFU));
  }
  return bytes;
}

}  // namespace

TEST_CASE("PostgreSQL's numeric and MariaDB's text of a decimal are the same cell", "[verify]") {
  struct Case {
    std::string text;
    std::vector<std::uint16_t> numeric;
  };
  const std::vector<Case> cases = {
      {"0", {0, 0, 0, 0}},
      {"0.00", {0, 0, 0, 2}},
      {"-0.00", {0, 0, 0, 2}},
      {"1", {1, 0, 0, 0, 1}},
      {"1.50", {2, 0, 0, 2, 1, 5000}},
      {"-1.50", {2, 0, 0x4000, 2, 1, 5000}},
      {"000042", {1, 0, 0, 0, 42}},
      {"10000", {1, 1, 0, 0, 1}},
      {"12345678.9", {3, 1, 0, 1, 1234, 5678, 9000}},
      {"0.0001", {1, 0xFFFF, 0, 4, 1}},
      {"0.00000001", {1, 0xFFFE, 0, 8, 1}},
      {"-0.000012340000", {1, 0xFFFE, 0x4000, 12, 1234}},
      {"100000000.00", {1, 2, 0, 2, 1}},
  };
  for (const Case& test : cases) {
    INFO(test.text);
    Cell cell;
    Scratch scratch;
    set_numeric(cell, scratch, wire(test.numeric));
    REQUIRE(cell.state == CellState::value);
    CHECK(cell.text() == cell_bytes(test.text));
  }
}

TEST_CASE("Decimal cells are ordered as the numbers", "[verify]") {
  const std::vector<std::string> ascending = {"-100000.5", "-99999.9", "-10.0",  "-9.9", "-1.0",
                                              "-0.1",      "0.0",      "0.1",    "0.9",  "1.0",
                                              "9.9",       "10.0",     "99999.9"};
  for (std::size_t index = 1; index < ascending.size(); ++index) {
    INFO(ascending[index - 1] << " < " << ascending[index]);
    Scratch left_scratch;
    Scratch right_scratch;
    Cell left;
    Cell right;
    set_decimal(left, left_scratch, ascending[index - 1]);
    set_decimal(right, right_scratch, ascending[index]);
    CHECK(order(left, right) < 0);
    CHECK(order(right, left) > 0);
    CHECK(decimal_text(left) == ascending[index - 1]);
  }
}

TEST_CASE("The scale is part of a decimal", "[verify]") {
  CHECK(cell_bytes("1.5") != cell_bytes("1.50"));
  CHECK(cell_bytes("-0.0") == cell_bytes("0.0"));
}

TEST_CASE("NaN, infinities and broken numerics equal no decimal", "[verify]") {
  const std::vector<std::pair<std::vector<std::uint16_t>, std::string>> specials = {
      {{0, 0, 0xC000, 0}, "NaN"},
      {{0, 0, 0xD000, 0}, "Infinity"},
      {{0, 0, 0xF000, 0}, "-Infinity"}};
  for (const auto& [numeric, text] : specials) {
    Cell cell;
    Scratch scratch;
    set_numeric(cell, scratch, wire(numeric));
    CHECK(decimal_text(cell) == text);
  }
  for (const std::vector<std::uint16_t>& broken :
       {std::vector<std::uint16_t>{1, 0}, {3, 0, 0, 0, 1}, {0, 0, 0, 0, 7}}) {
    Cell cell;
    Scratch scratch;
    const std::vector<std::byte> bytes = wire(broken);
    set_numeric(cell, scratch, bytes);
    CHECK(cell.state == CellState::flawed);
  }
  for (const std::string broken : {"", "-", ".", "1e5", "1.2.3", " 1"}) {
    INFO(broken);
    Cell cell;
    Scratch scratch;
    set_decimal(cell, scratch, broken);
    CHECK(cell.state == CellState::flawed);
  }
}
