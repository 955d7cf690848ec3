// What row tenancy's router can't know from the rows: it refuses, or stops the tenants.
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "row_followers.hpp"

using namespace godwit;
using capture::RowsEvent;
using capture::StatementKind;
using test::kNull;
using test::RowFollowers;
using test::RowModel;
using test::source_error;
using test::Values;

namespace {

/// a and b are followed, with an invoice each.
void fill_and_forget(RowFollowers& all) {
  all.follow("a", 1);
  all.follow("b", 2);
  all.begin();
  all.insert("invoices", {{10, 1, kNull}, {20, 2, kNull}});
  all.insert("lines", {{100, 10, kNull}, {200, 20, kNull}});
  all.end();
  (void)all.received("a");
  (void)all.received("b");
}

}  // namespace

TEST_CASE("images without the routing columns are refused", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  // NOBLOB or the like: what the image behind lacks is unchanged
  all.update_partly("lines", {100, 10, kNull}, 7, {100, 10, 5}, 4);
  // MINIMAL: the key, and what changed
  CHECK_THAT(source_error([&] {
               all.update_partly("lines", {100, 10, kNull}, 1, {100, 10, 5}, 4);
             }),
             Catch::Contains("without the column invoice_id"));
  CHECK_THAT(source_error([&] {
               all.update_partly("parts", {100, 1}, 3, {200, 1}, 1);
             }),
             Catch::Contains("lacks columns"));
  all.router.abandon();
  CHECK(all.received("a").empty());
  all.begin();
  all.update_partly("lines", {100, 10, kNull}, 7, {100, 10, 5}, 4);
  all.end();
  CHECK(all.received("a") == "update lines 100/10/->-/-/5");
}

TEST_CASE("a table that the model doesn't fit is refused", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  const std::string bits = "\x0F";
  const std::string data = test::row_image({101, 10, kNull, 1});
  RowsEvent event;
  event.column_count = 4;
  event.after = std::as_bytes(std::span(bits));
  event.data = std::as_bytes(std::span(data));
  all.begin();
  CHECK_THAT(source_error([&] { all.router.rows(RowFollowers::make_mapped("lines", 4), event); }),
             Catch::Contains("table lines was altered") && Catch::Contains("4 columns"));
  auto retyped = std::make_shared<capture::MappedTable>(*RowFollowers::make_mapped("parts", 2));
  retyped->columns = test::column_map({{2, ""}, {3, ""}});
  event.column_count = 2;
  CHECK_THAT(source_error([&] { all.router.rows(retyped, event); }),
             Catch::Contains("table parts was altered") && Catch::Contains("line_id"));
  // another database's table of the same name is nobody's
  auto other = std::make_shared<capture::MappedTable>(*retyped);
  other->database = "erp";
  all.router.rows(other, event);
  all.end();
  CHECK(all.received("a").empty());
}

TEST_CASE("keys in forms that can't be compared are refused", "[capture]") {
  RowModel model = test::row_followers_model();
  const plan::Classification classification = plan::classify(model.tenancy, model.database);
  schema::TargetSchema target =
      test::target(plan::tenant_model(model.tenancy, classification, model.database));
  capture::Delivery delivery;
  const auto refused = [&]() -> std::string {
    try {
      const capture::RowRouter router(
          delivery, classification, model.database, target,
          [](const std::string&) { return nullptr; }, 1000);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::rejected);
      return error.what();
    }
    return "";
  };
  CHECK(refused().empty());
  const auto lines = std::find_if(target.tables.begin(), target.tables.end(),
                                  [](const auto& table) { return table.source_name == "lines"; });
  REQUIRE(lines != target.tables.end());
  for (schema::TargetColumn& column : lines->columns) {
    if (column.source_name == "invoice_id") column.form = schema::TargetForm::text;
  }
  CHECK_THAT(refused(), Catch::Contains("lines.invoice_id") && Catch::Contains("invoices.id") &&
                            Catch::Contains("text"));
  std::erase_if(lines->columns,
                [](const auto& column) { return column.source_name == "invoice_id"; });
  CHECK_THAT(refused(), Catch::Contains("which the target doesn't have"));
}

TEST_CASE("the routing index keeps to its limit", "[capture]") {
  RowFollowers all(test::row_followers_model(), 50'000);
  all.follow("a", 1);
  const auto fill = [&] {
    for (std::uint32_t id = 0; id < 100'000; ++id)
      all.committed_insert("invoices", {{id, 1, kNull}});
  };
  try {
    fill();
    FAIL("no limit");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
    CHECK_THAT(error.what(), Catch::Contains("follow.routing"));
  }
  CHECK(all.router.index_bytes() <= 50'000);
}

TEST_CASE("tables without rows touch those that the statement was opened for", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.remove("invoices", {{10, 1, kNull}});
  all.statement_end({"invoices", "lines*", "parts*", "tmp*", "users*"});
  all.insert("log", {{2}});
  all.statement_end({"log"});
  all.statement_end({"lines*"});
  all.end();
  CHECK(all.received("a") == "delete invoices 10/1/-; touch lines; touch parts");
  CHECK(all.received("b") == "insert log 2");
}

TEST_CASE("statements go to all, a rollback to a savepoint to those of the group", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.insert("log", {{1}});
  all.statement(StatementKind::savepoint, "SAVEPOINT `s`");
  all.statement(StatementKind::rollback_to, "ROLLBACK TO `s`");
  all.end();
  CHECK(all.received("a") == "insert log 1; sql: SAVEPOINT `s`; sql: ROLLBACK TO `s`");
  CHECK(all.received("b").empty());
  all.begin();
  all.statement(StatementKind::other, "ALTER TABLE invoices ADD note INT");
  all.end();
  CHECK(all.received("a") == "sql: ALTER TABLE invoices ADD note INT");
  CHECK(all.received("b") == "sql: ALTER TABLE invoices ADD note INT");
  all.begin();
  all.statement(StatementKind::other, "ALTER TABLE erp.invoices ADD note INT");
  all.end();
  CHECK(all.received("a").empty());
}

TEST_CASE("cascades into routing columns stop the tenant", "[capture]") {
  RowModel model = test::row_followers_model();
  // a part's key holds its line's, and pieces find their tenant by it
  model.table("parts").foreign_keys.front().on_update = "CASCADE";
  model.database.tables.push_back(
      test::with_key(test::table("pieces", {test::int_column("line_id"), test::int_column("no")}),
                     "pieces_part", {"line_id", "no"}, "parts", {"line_id", "no"}));
  model.tenancy.tables["pieces"].kind = plan::TableClass::inherited;
  model.tenancy.tables["pieces"].paths = {{{"line_id", "no"}, "parts", {}}};
  // a line without an invoice is its customer's, and nobody's without one
  model.table("lines").foreign_keys.back().on_delete = "SET NULL";
  RowFollowers all(model);
  fill_and_forget(all);
  all.begin();
  all.insert("customers", {{7, 1}, {8, 2}});
  all.insert("parts", {{100, 1}});
  all.insert("pieces", {{100, 1}});
  all.update("lines", {{200, 20, kNull}, {200, 20, 8}});
  all.end();
  CHECK(all.received("a") == "insert customers 7/1; insert parts 100/1; insert pieces 100/1");
  CHECK(all.received("b") == "insert customers 8/2; update lines 200/20/->200/20/8");
  all.begin();
  all.update("lines", {{100, 10, kNull}, {101, 10, kNull}});
  all.remove("customers", {{8, 2}});
  all.end();
  CHECK_THAT(all.received("a"), Catch::Contains("update lines 100/10/->101/10/-; sql: godwit: ") &&
                                    Catch::Contains("a key of lines changed"));
  CHECK_THAT(all.received("b"), Catch::Contains("delete customers 8/2; sql: godwit: ") &&
                                    Catch::Contains("a row of customers was deleted"));
  // without foreign_key_checks nothing cascades
  all.begin();
  all.remove("customers", {{7, 1}}, RowsEvent::kNoForeignKeyChecks);
  all.end();
  CHECK(all.received("a") == "delete customers 7/1");
}

TEST_CASE("rows before the row that they inherit from stop its tenant", "[capture]") {
  RowFollowers all;
  fill_and_forget(all);
  all.begin();
  all.insert("lines", {{101, 11, kNull}, {102, 12, kNull}}, RowsEvent::kNoForeignKeyChecks);
  all.insert("invoices", {{11, 1, kNull}, {12, 3, kNull}, {13, 2, kNull}},
             RowsEvent::kNoForeignKeyChecks);
  all.end();
  CHECK_THAT(all.received("a"),
             Catch::StartsWith("sql: godwit: row id=11 of invoices came behind") &&
                 Catch::EndsWith("insert invoices 11/1/-"));
  CHECK(all.received("b") == "insert invoices 13/2/-");
}

TEST_CASE("without a foreign key rows find the tenant of a parent that is gone", "[capture]") {
  const bool guarded = GENERATE(true, false);
  RowModel model = test::row_followers_model();
  if (!guarded) model.table("lines").foreign_keys.clear();
  model.tenancy.tables["lines"].paths[0].parent_columns = {"id"};
  model.tenancy.tables["lines"].paths[1].parent_columns = {"id"};
  RowFollowers all(model);
  fill_and_forget(all);
  all.begin();
  all.remove("invoices", {{10, 1, kNull}});
  all.remove("lines", {{100, 10, kNull}});
  all.end();
  CHECK(all.received("a") ==
        (guarded ? "delete invoices 10/1/-" : "delete invoices 10/1/-; delete lines 100/10/-"));
}
