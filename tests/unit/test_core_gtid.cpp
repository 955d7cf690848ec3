#include <limits>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/gtid.hpp"

using namespace godwit;

TEST_CASE("lists of global transaction ids are read as MariaDB writes them") {
  const GtidList list = GtidList::parse("1-3-7,0-1-42");
  REQUIRE(list.entries().size() == 2);
  CHECK(list.entries()[0] == Gtid{0, 1, 42});
  CHECK(list.entries()[1] == Gtid{1, 3, 7});
  CHECK(list.to_string() == "0-1-42,1-3-7");
  CHECK(GtidList::parse("").empty());
  CHECK(GtidList::parse("4294967295-4294967295-18446744073709551615").entries()[0] ==
        Gtid{std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<std::uint32_t>::max(),
             std::numeric_limits<std::uint64_t>::max()});
}

TEST_CASE("anything else is refused") {
  const auto* text = GENERATE("0-1", "0-1-", "-0-1-2", "0-1-2,", ",0-1-2", "0-1-2,,1-1-1", "a-b-c",
                              "0-1-2 ", " 0-1-2", "0-1-2;1-1-1", "0--1-2", "+0-1-2", "0-1-2-3",
                              "4294967296-1-1", "0-4294967296-1", "0-1-18446744073709551616",
                              "0-1-2,0-1-3", "0-1-2,1-1-1,0-2-9", "binlog.000001");
  CAPTURE(text);
  try {
    GtidList::parse(text);
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::source);
  }
}

TEST_CASE("positions are only partially ordered") {
  struct Case {
    const char* left;
    const char* right;
    std::partial_ordering order;
  };
  const auto c = GENERATE(values<Case>({
      {"", "", std::partial_ordering::equivalent},
      {"0-1-5", "0-1-5", std::partial_ordering::equivalent},
      {"0-1-5", "", std::partial_ordering::greater},
      {"0-1-6", "0-1-5", std::partial_ordering::greater},
      // Text order would say otherwise.
      {"0-1-10", "0-1-9", std::partial_ordering::greater},
      {"0-2-6", "0-1-5", std::partial_ordering::greater},
      {"0-1-5,1-1-1", "0-1-5", std::partial_ordering::greater},
      {"0-1-5,1-1-2", "0-1-5,1-1-1", std::partial_ordering::greater},
      {"0-1-6,1-1-1", "0-1-5,1-1-2", std::partial_ordering::unordered},
      {"0-1-5", "1-1-5", std::partial_ordering::unordered},
      {"0-1-9", "0-1-5,1-1-1", std::partial_ordering::unordered},
      // The same number given by two servers: two transactions.
      {"0-1-5", "0-2-5", std::partial_ordering::unordered},
  }));
  CAPTURE(c.left, c.right);
  const GtidList left = GtidList::parse(c.left);
  const GtidList right = GtidList::parse(c.right);
  CHECK(left.compare(right) == c.order);
  // NOLINTNEXTLINE(modernize-use-nullptr): the operator wants a literal 0
  CHECK(right.compare(left) == (0 <=> c.order));
  CHECK(left.covers(right) == (c.order == std::partial_ordering::greater ||
                               c.order == std::partial_ordering::equivalent));
  CHECK((left == right) == (c.order == std::partial_ordering::equivalent));
}

TEST_CASE("a position advances within each domain and never goes back") {
  GtidList list;
  list.advance({1, 1, 10});
  list.advance({0, 1, 3});
  list.advance({1, 2, 11});
  CHECK(list.to_string() == "0-1-3,1-2-11");
  list.advance({1, 2, 11});
  CHECK(list.to_string() == "0-1-3,1-2-11");
  CHECK_THROWS_WITH(list.advance({1, 2, 10}), "the position 1-2-11 can't go back to 1-2-10");
  CHECK_THROWS_AS(list.advance({1, 1, 11}), Error);
  CHECK(list.to_string() == "0-1-3,1-2-11");
}
