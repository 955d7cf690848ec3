#include <catch2/catch.hpp>

#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/tenant_rows.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

struct Model : test::RowModel {
  [[nodiscard]] bool indexed(const std::string& name) const {
    return tenant_access(classify(tenancy, database), database, test::table_at(database, name)) !=
           TenantAccess::none;
  }
  [[nodiscard]] TenantOfRow whose(const std::string& name) const {
    return tenant_of_row(tenancy, classify(tenancy, database), database,
                         test::table_at(database, name));
  }
};

}  // namespace

TEST_CASE("tables that only a scan reads by tenant are told from others") {
  Model model;
  CHECK(model.indexed("companies"));
  CHECK(model.indexed("customers"));
  CHECK_FALSE(model.indexed("log"));
  // either of two paths may lead to the tenant
  CHECK_FALSE(model.indexed("lines"));
  CHECK_FALSE(model.indexed("parts"));

  model.tenancy.tables["lines"].paths.pop_back();
  CHECK(model.indexed("lines"));
  CHECK(model.indexed("parts"));

  SECTION("without an index on the path") {
    model.table("lines").indexes.pop_back();
    CHECK_FALSE(model.indexed("lines"));
    // nor can what hangs from it be reached
    CHECK_FALSE(model.indexed("parts"));
  }
  SECTION("without an index on the parent's tenant column") {
    model.table("invoices").indexes.pop_back();
    CHECK_FALSE(model.indexed("invoices"));
    CHECK_FALSE(model.indexed("lines"));
    CHECK_FALSE(model.indexed("parts"));
  }
}

TEST_CASE("a path of text in two collations has no use of an index") {
  Model model;
  mariadb::Table& invoices = model.table("invoices");
  mariadb::Table& lines = model.table("lines");
  model.tenancy.tables["lines"].paths.pop_back();
  invoices.columns[0] = test::text_column("id", 10);
  lines.columns[1] = test::text_column("invoice_id", 10);
  CHECK(model.indexed("lines"));
  lines.columns[1] = test::text_column("invoice_id", 10, "utf8mb4_bin");
  CHECK_FALSE(model.indexed("lines"));
}

TEST_CASE("a cycle of paths is no index, and no endless search") {
  Model model;
  model.tenancy.tables["lines"].paths = {{{"invoice_id"}, "parts", {"line_id"}}};
  model.table("parts").indexes = {test::index("PRIMARY", {"line_id"})};
  CHECK_FALSE(model.indexed("parts"));
  CHECK_FALSE(model.indexed("lines"));
}

TEST_CASE("each row names its tenant, along all hops") {
  const Model model;
  const TenantOfRow own = model.whose("log");
  CHECK(own.joins.empty());
  CHECK(own.key == "CAST(t.`company_id` + 0 AS CHAR)");

  const TenantOfRow inherited = model.whose("parts");
  CHECK(inherited.joins ==
        " LEFT JOIN `crm`.`lines` AS p1 ON p1.`id` = t.`line_id`"
        " LEFT JOIN `crm`.`invoices` AS p2 ON p2.`id` = p1.`invoice_id`"
        " LEFT JOIN `crm`.`customers` AS p3 ON p3.`id` = p1.`customer_id`");
  // as tenant_condition(): of several paths the first that is set, also if it leads nowhere
  CHECK(inherited.key ==
        "CASE WHEN p1.`invoice_id` IS NOT NULL THEN CAST(p2.`company_id` + 0 AS CHAR)"
        " WHEN p1.`customer_id` IS NOT NULL THEN CAST(p3.`company_id` + 0 AS CHAR) END");
}

TEST_CASE("a row's tenant is compared by its bytes") {
  Model model;
  mariadb::Column& key = model.table("log").columns[0];
  key = test::text_column("company_id", 10);
  CHECK(model.whose("log").key == "BINARY t.`company_id`");
  key = test::column("company_id", mariadb::ColumnType::uuid);
  CHECK(model.whose("log").key == "CAST(t.`company_id` AS CHAR)");
  key = test::column("company_id", mariadb::ColumnType::binary);
  CHECK(model.whose("log").key == "t.`company_id`");

  CHECK(key_bytes(test::int_column("id"), "0042") == "42");
  CHECK(key_bytes(test::int_column("id"), "000") == "0");
  CHECK(key_bytes(test::int_column("id"), "-7") == "-7");
  CHECK(key_bytes(test::text_column("id", 9), "007") == "007");
}
