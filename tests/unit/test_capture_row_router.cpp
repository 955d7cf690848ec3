#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "codec_wire.hpp"
#include "row_followers.hpp"

using namespace godwit;
using capture::GroupEnd;
using capture::RowsEvent;
using capture::StatementKind;
using test::kNull;
using test::RowFollowers;
using test::source_error;
using test::Values;

namespace {

/// a and b are followed, company 3 isn't: an invoice with a line and a part of each.
void fill(RowFollowers& all) {
  all.follow("a", 1);
  all.follow("b", 2);
  all.begin();
  all.insert("invoices", {{10, 1, kNull}, {20, 2, kNull}, {30, 3, kNull}});
  all.insert("lines", {{100, 10, kNull}, {200, 20, kNull}, {300, 30, kNull}});
  all.insert("parts", {{100, 1}, {200, 1}, {300, 1}});
  all.end();
}

/// The same, and what that gave is gone.
void fill_and_forget(RowFollowers& all) {
  fill(all);
  (void)all.received("a");
  (void)all.received("b");
}

}  // namespace

TEST_CASE("rows go to the tenant of their column or of their parents", "[capture]") {
  RowFollowers all;
  all.compressed = GENERATE(false, true);
  fill(all);
  CHECK(all.received("a") == "insert invoices 10/1/-; insert lines 100/10/-; insert parts 100/1");
  CHECK(all.received("b") == "insert invoices 20/2/-; insert lines 200/20/-; insert parts 200/1");
  // the keys of 3's rows aren't kept
  CHECK(all.router.index_keys() == 2 + 4);
  all.begin();
  all.update("parts", {{100, 1}, {100, 2}, {300, 1}, {300, 2}});
  all.remove("lines", {{200, 20, kNull}, {300, 30, kNull}});
  all.insert("log", {{2}, {3}, {kNull}});
  all.end();
  CHECK(all.received("a") == "update parts 100/1>100/2");
  CHECK(all.received("b") == "delete lines 200/20/-; insert log 2");
  CHECK(all.router.unrouted_null() == 1);
  // the line is gone, and so is the way to its parts
  CHECK(all.router.index_keys() == 2 + 3);
  all.committed_insert("parts", {{200, 9}});
  CHECK(all.received("b").empty());
}

TEST_CASE("the first path that isn't NULL decides", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.insert("customers", {{7, 2}});
  all.insert("lines", {{101, 10, 7}, {102, kNull, 7}, {103, kNull, kNull}, {104, 30, 7}});
  all.end();
  CHECK(all.received("a") == "insert lines 101/10/7");
  CHECK(all.received("b") == "insert customers 7/2; insert lines 102/-/7");
  CHECK(all.router.unrouted_null() == 1);
}

TEST_CASE("tenants that alternate get their rows in one event and in order", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.insert("log", {{1}, {2}, {1}, {1}, {2}, {3}, {1}});
  all.update("parts", {{100, 1}, {100, 2}, {200, 1}, {200, 2}, {100, 2}, {100, 3}});
  all.end();
  CHECK(all.received("a") == "insert log 1, 1, 1, 1; update parts 100/1>100/2, 100/2>100/3");
  CHECK(all.received("b") == "insert log 2, 2; update parts 200/1>200/2");
}

TEST_CASE("shared rows go to everyone, central ones to their unit, excluded to nobody",
          "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.follow_central();
  all.begin();
  all.insert("countries", {{49}});
  all.insert("users", {{5}});
  all.insert("tmp", {{6}});
  all.end();
  CHECK(all.received("a") == "insert countries 49");
  CHECK(all.received("b") == "insert countries 49");
  CHECK(all.received("central") == "insert countries 49; insert users 5");
}

TEST_CASE("a row that moves is deleted here and inserted there", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  // within a, from a to b, within b, from 3 to a, from b to 3
  all.update("parts", {{100, 1},
                       {100, 2},
                       {100, 2},
                       {200, 2},
                       {200, 2},
                       {200, 3},
                       {300, 1},
                       {100, 4},
                       {200, 1},
                       {300, 9}});
  all.end();
  CHECK(all.received("a") == "update parts 100/1>100/2; delete parts 100/2; insert parts 100/4");
  CHECK(all.received("b") == "insert parts 200/2; update parts 200/2>200/3; delete parts 200/1");
}

TEST_CASE("a parent that moves stops both tenants", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.update("invoices", {{10, 1, kNull}, {10, 1, 5}, {10, 1, 5}, {10, 2, 5}});
  all.insert("lines", {{109, 10, kNull}});
  all.end();
  const std::string moved =
      "sql: godwit: row id=10 of invoices moved from tenant a to b, and rows that inherit from it "
      "may have moved with it";
  CHECK(all.received("a") == "update invoices 10/1/->10/1/5; " + moved);
  CHECK(all.received("b") == moved + "; insert lines 109/10/-");
  all.begin();
  all.update("invoices", {{30, 3, kNull}, {30, 1, kNull}, {20, 2, kNull}, {20, 3, kNull}});
  all.end();
  CHECK_THAT(all.received("a"), Catch::Contains("id=30") && Catch::Contains("from tenant another "
                                                                            "one to a"));
  CHECK_THAT(all.received("b"), Catch::Contains("from tenant b to another one"));
}

TEST_CASE("a parent's key that changes is the new one's tenant's", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.update("invoices", {{10, 1, kNull}, {11, 1, kNull}, {20, 2, kNull}, {10, 2, kNull}});
  all.insert("lines", {{111, 11, kNull}, {112, 10, kNull}, {113, 20, kNull}});
  all.end();
  CHECK(all.received("a") == "update invoices 10/1/->11/1/-; insert lines 111/11/-");
  CHECK(all.received("b") == "update invoices 20/2/->10/2/-; insert lines 112/10/-");
  // used again by a tenant that isn't followed, after a cascade had deleted it unseen
  all.begin();
  all.insert("invoices", {{11, 3, kNull}});
  all.insert("lines", {{114, 11, kNull}});
  all.end();
  CHECK(all.received("a").empty());
}

TEST_CASE("what didn't happen leaves no keys", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  const auto change = [&] {
    all.insert("invoices", {{15, 1, kNull}});
    all.remove("invoices", {{20, 2, kNull}});
    all.insert("lines", {{150, 15, kNull}});
  };
  const auto keys_are_old = [&] {
    all.begin();
    all.insert("lines", {{151, 15, kNull}, {152, 20, kNull}});
    all.end();
    CHECK(all.received("a").empty());
    CHECK(all.received("b") == "insert lines 152/20/-");
  };
  all.begin();
  change();
  all.end(GroupEnd::rolled_back);
  keys_are_old();
  all.begin();
  change();
  all.router.abandon();
  keys_are_old();
  const bool commits = GENERATE(true, false);
  all.begin("x");
  change();
  all.end(GroupEnd::prepared);
  keys_are_old();
  all.begin("x");
  all.statement(commits ? StatementKind::xa_commit : StatementKind::xa_rollback, "XA …");
  all.end();
  if (!commits) {
    CHECK(all.received("a").empty());
    return keys_are_old();
  }
  CHECK(all.received("a") == "insert invoices 15/1/-; insert lines 150/15/-");
  CHECK(all.received("b") == "delete invoices 20/2/-");
  all.committed_insert("lines", {{153, 15, kNull}, {154, 20, kNull}});
  CHECK(all.received("a") == "insert lines 153/15/-");
  CHECK(all.received("b").empty());
}

TEST_CASE("a tenant that has the group already keeps its keys up to date", "[capture]") {
  RowFollowers all;
  all.follow("a", 1, 2);
  all.committed_insert("invoices", {{10, 1, kNull}});
  all.committed_insert("lines", {{100, 10, kNull}});
  all.committed_insert("parts", {{100, 1}});
  CHECK(all.received("a") == "insert parts 100/1");
  // the reader goes back
  all.sequence = 0;
  all.committed_insert("invoices", {{10, 1, kNull}});
  all.committed_insert("lines", {{100, 10, kNull}});
  all.committed_insert("parts", {{100, 1}});
  CHECK(all.received("a").empty());
  CHECK(all.router.index_keys() == 1 + 2);
  all.committed_insert("parts", {{100, 2}});
  CHECK(all.received("a") == "insert parts 100/2");
}

TEST_CASE("tenants come with their keys and go with them", "[capture]") {
  RowFollowers all;
  all.follow("a", 1);
  REQUIRE(all.router.parent_keys().size() == 3);
  CHECK(all.router.parent_keys()[0].table == "invoices");
  CHECK(all.router.parent_keys()[0].copy_sql() ==
        "COPY (SELECT \"id\" FROM \"invoices\") TO STDOUT (FORMAT binary)");
  const std::string rows = test::unhex("0001 00000008 000000000000000a");
  all.router.load(all.tenant("a"), 0, std::as_bytes(std::span(rows)));
  all.begin();
  all.insert("lines", {{100, 10, kNull}});
  all.follow("b", 2);
  all.insert("log", {{2}});
  all.end();
  all.committed_insert("log", {{2}});
  CHECK(all.received("a") == "insert lines 100/10/-");
  CHECK(all.received("b") == "insert log 2");  // of whole groups only
  CHECK_THROWS_AS(all.follow("c", 1), Error);
  CHECK(all.router.index_keys() == 2 + 2);
  all.forget("a");
  CHECK(all.router.index_keys() == 1);
  all.follow("c", 1);
  all.committed_insert("lines", {{101, 10, kNull}});
  CHECK(all.received("c").empty());
  CHECK_THROWS_AS(all.router.load(all.tenant("a"), 0, {}), Error);
}
