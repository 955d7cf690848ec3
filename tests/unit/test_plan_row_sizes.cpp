#include <catch2/catch.hpp>

#include "plan/size_spread.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

struct Model : test::RowModel {
  void size(const std::string& name, std::uint64_t rows, std::uint64_t bytes) {
    table(name).row_estimate = rows;
    table(name).data_bytes = bytes - bytes / 4;
    table(name).index_bytes = bytes / 4;
  }
  [[nodiscard]] std::vector<std::string> to_count() const {
    const Classification classification = classify(tenancy, database);
    std::vector<std::string> names;
    for (const std::size_t i : tables_to_count({tenancy, classification, database}))
      names.push_back(database.tables[i].name);
    return names;
  }
  [[nodiscard]] RowSizes spread(const std::vector<std::string>& keys,
                                const std::map<std::string, CountedRows>& by_name) const {
    const Classification classification = classify(tenancy, database);
    std::map<std::size_t, CountedRows> counted;
    for (const auto& [name, rows] : by_name)
      counted.emplace(test::table_at(database, name), rows);
    return spread_sizes({tenancy, classification, database}, keys, counted);
  }
};

const SizedTable& sized(const RowSizes& sizes, const std::string& name) {
  for (const SizedTable& table : sizes.tables) {
    if (table.table == name) return table;
  }
  throw std::logic_error("no table " + name);
}

}  // namespace

TEST_CASE("the largest tables with an index on the tenant are counted") {
  Model model;
  model.size("customers", 100, 1000);
  model.size("invoices", 100, 9000);
  model.size("log", 100, 90000);  // no index
  CHECK(model.to_count() == std::vector<std::string>{"invoices"});
  model.size("customers", 100, 3000);
  CHECK(model.to_count() == std::vector<std::string>{"invoices", "customers"});
  model.size("invoices", 60'000'000, 9000);
  CHECK(model.to_count() == std::vector<std::string>{"customers"});
  model.size("customers", 70'000'000, 3000);
  CHECK(model.to_count() == std::vector<std::string>{"customers"});
}

TEST_CASE("a clustered key on the tenant is counted only where it is small") {
  Model model;
  model.size("log", 100, 90000);
  model.table("log").indexes = {test::index("PRIMARY", {"company_id"})};
  CHECK(model.to_count().front() == "log");
  model.table("log").data_bytes = 65U << 20U;
  CHECK(model.to_count().front() != "log");
  model.table("log").indexes.push_back(test::index("other", {"company_id"}));
  CHECK(model.to_count().front() == "log");
}

TEST_CASE("rows are counted by the tenant column") {
  const Model model;
  const Classification classification = classify(model.tenancy, model.database);
  CHECK(count_by_tenant_sql({model.tenancy, classification, model.database},
                            test::table_at(model.database, "customers")) ==
        "SELECT `company_id`, COUNT(*) FROM `crm`.`customers` GROUP BY `company_id`");
}

TEST_CASE("what isn't counted is spread as what is") {
  Model model;
  model.size("companies", 2, 16);
  model.size("customers", 95, 1000);
  model.size("invoices", 40, 4000);
  model.size("lines", 200, 8000);
  model.size("parts", 20, 800);
  model.size("log", 50, 5000);
  // ten of the customers are nobody's; the directory's column is ZEROFILL
  const CountedRows customers{{{"1", 45}, {"2", 45}, {"9", 10}}, 100};
  const CountedRows invoices{{{"1", 40}}, 40};
  const RowSizes sizes =
      model.spread({"01", "02"}, {{"customers", customers}, {"invoices", invoices}});

  CHECK(sized(sizes, "customers").basis == SizeBasis::counted);
  CHECK(sized(sizes, "customers").rows == 100);
  CHECK(sized(sizes, "companies").basis == SizeBasis::directory);
  CHECK(sized(sizes, "lines").basis == SizeBasis::ancestor);
  CHECK(sized(sizes, "lines").ancestor == "invoices");
  CHECK(sized(sizes, "parts").ancestor == "invoices");
  CHECK(sized(sizes, "log").basis == SizeBasis::all_counted);
  CHECK(sizes.tables.size() == 6);  // not the shared one

  // log: 450 + 4,000 bytes of the counted ones to 450
  REQUIRE(sizes.tenants.size() == 2);
  const TenantRows& one = sizes.tenants.at("01");
  const TenantRows& two = sizes.tenants.at("02");
  CHECK(one.rows == 1 + 45 + 40 + 200 + 20 + 45);
  CHECK(two.rows == 1 + 45 + 0 + 0 + 0 + 5);
  CHECK(one.bytes == 8 + 450 + 4000 + 8000 + 800 + 4541);
  CHECK(two.bytes == 8 + 450 + 459);
}

TEST_CASE("where nothing can be counted everybody gets the same") {
  Model model;
  model.size("log", 300, 3000);
  const RowSizes sizes = model.spread({"1", "2", "3"}, {});
  CHECK(sized(sizes, "log").basis == SizeBasis::all_counted);
  CHECK(sizes.tenants.at("2").bytes == 1000);
  CHECK(sizes.tenants.at("2").rows == 101);  // and a row of the directory
  CHECK(model.spread({}, {}).tenants.empty());
}
