#include <algorithm>

#include <catch2/catch.hpp>

#include "godwit/plan/row_sizes.hpp"
#include "support/row_monolith.hpp"
#include "support/servers.hpp"

using namespace godwit;
using namespace godwit::plan;

TEST_CASE("tenants' sizes are near to their rows", "[row_sizes]") {
  const test::RowMonolith monolith(6, 12000);
  const RowTenancy tenancy = monolith.tenancy();
  mariadb::Connection root(test::servers().source_root);
  root.execute("SET SESSION TRANSACTION READ WRITE");
  mariadb::Connection source(test::servers().source);
  const std::vector<std::string> names{monolith.database()};
  const std::vector<mariadb::Database> before = mariadb::read_databases(source, names);
  for (const mariadb::Table& table : before.at(0).tables) {
    root.query("ANALYZE TABLE " + mariadb::quote_identifier(monolith.database()) + "." +
               mariadb::quote_identifier(table.name));
  }
  const std::vector<mariadb::Database> databases = mariadb::read_databases(source, names);
  REQUIRE(databases.size() == 1);
  const Classification classification = classify(tenancy, databases.front());
  const RowSizes sizes = estimate_sizes(source, tenancy, classification, databases.front());
  REQUIRE(sizes.tenants.size() == 6);

  // the generator makes one of them the largest by far, and no table an exception
  const mariadb::Rows counts = source.query("SELECT company_id, COUNT(*) FROM " +
                                            mariadb::quote_identifier(monolith.database()) +
                                            ".invoices GROUP BY company_id ORDER BY COUNT(*) DESC");
  const auto largest = std::max_element(
      sizes.tenants.begin(), sizes.tenants.end(),
      [](const auto& a, const auto& b) { return a.second.bytes < b.second.bytes; });
  CHECK(largest->first == counts.front().front());
  std::uint64_t rows = 0;
  for (const auto& [key, size] : sizes.tenants)
    rows += size.rows;
  CHECK(rows > 8000);
  CHECK(rows < 16000);
  const auto basis = [&](const std::string& name) {
    const auto table =
        std::find_if(sizes.tables.begin(), sizes.tables.end(),
                     [&](const SizedTable& candidate) { return candidate.table == name; });
    REQUIRE(table != sizes.tables.end());
    return table->basis;
  };
  CHECK(basis("companies") == SizeBasis::directory);
  CHECK(basis("activity_log") == SizeBasis::all_counted);
}
