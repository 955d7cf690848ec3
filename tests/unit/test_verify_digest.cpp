// Digests: sums of rows' hashes that differ when the rows do.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "godwit/verify/source_digests.hpp"
#include "verify/cell.hpp"
#include "verify/digest_sum.hpp"
#include "verify/row_hash.hpp"

using namespace godwit::verify;

namespace {

Cell text_cell(std::string_view text) {
  Cell cell;
  set_view(cell, text);
  return cell;
}

using Row = std::vector<Cell>;

Digest digest_of(const std::vector<Row>& rows, Side side) {
  RowHasher hasher(7);
  Digest digest;
  for (const Row& row : rows)
    add_row(digest, hasher.hash(row, side));
  return digest;
}

bool equal(const std::vector<Row>& source, const std::vector<Row>& target) {
  return same_rows(digest_of(source, Side::source), digest_of(target, Side::target));
}

}  // namespace

TEST_CASE("A digest is of the rows, in whatever order", "[verify]") {
  const Row a = {text_cell("1"), text_cell("x")};
  const Row b = {text_cell("2"), Cell{}};
  const Row c = {text_cell("3"), text_cell("")};
  CHECK(equal({}, {}));
  CHECK(equal({a, b, c}, {c, a, b}));
  CHECK(equal({a, a, b}, {a, b, a}));
  // the bytes are what was read on one side
  Digest source = digest_of({a}, Side::source);
  source.bytes = 99;
  CHECK(same_rows(source, digest_of({a}, Side::target)));
}

TEST_CASE("A digest shows whatever differs", "[verify]") {
  const Row a = {text_cell("1"), text_cell("x")};
  const Row b = {text_cell("2"), Cell{}};
  const std::vector<Row> rows = {a, b};
  CHECK_FALSE(equal(rows, {a}));
  CHECK_FALSE(equal(rows, {}));
  CHECK_FALSE(equal(rows, {a, b, b}));
  CHECK_FALSE(equal(rows, {a, a}));
  CHECK_FALSE(equal({a, a, b}, {a, b, b}));
  CHECK_FALSE(equal(rows, {a, {text_cell("2"), text_cell("")}}));
  CHECK_FALSE(equal(rows, {{text_cell("1"), text_cell("X")}, b}));
  // values swapped between rows, and between columns
  CHECK_FALSE(equal(rows, {{text_cell("1"), Cell{}}, {text_cell("2"), text_cell("x")}}));
  CHECK_FALSE(equal(rows, {{text_cell("x"), text_cell("1")}, b}));
  // pairs that cancel each other out in a sum by exclusive or
  CHECK_FALSE(equal({a, a}, {b, b}));
  CHECK_FALSE(equal({}, {a, a}));
}

TEST_CASE("A flawed value has no equal, not even itself", "[verify]") {
  Cell flawed;
  set_flaw(flawed, "flaw", "a");
  CHECK_FALSE(equal({{flawed}}, {{flawed}}));
}

TEST_CASE("Digests are there only of tables that were read", "[verify]") {
  const SourceDigests digests({"1", "2"});
  CHECK(digests.find("orders", "1") == nullptr);
  // no two runs hash alike
  CHECK(digests.seed() != SourceDigests({"1"}).seed());
}
