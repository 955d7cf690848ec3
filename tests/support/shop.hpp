// A shop of twenty tenants that share tables, for tests of what reads them together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "support/migration.hpp"

namespace godwit::test {

inline constexpr int kTenants = 20;
inline constexpr const char* kTogether = "read once for all tenants: compared as a multiset";

/// Tenants with an indexed table (orders), one without an index on the tenant column (events), two
/// that inherit over one and two hops without an index (lines, parts), one without a key in which
/// rows repeat (ticks) and a shared one.
class Shop {
 public:
  explicit Shop(const std::string& events_engine = "InnoDB") {
    source_.run(
        "CREATE TABLE accounts (id INT PRIMARY KEY, slug VARCHAR(60) NOT NULL UNIQUE);"
        "CREATE TABLE countries (code INT PRIMARY KEY, name VARCHAR(20));"
        "CREATE TABLE orders (id INT PRIMARY KEY, account_id INT NOT NULL, total DECIMAL(9,2),"
        " KEY (account_id));"
        "CREATE TABLE events (id INT PRIMARY KEY, account_id INT NOT NULL, body TEXT NULL,"
        " weight DOUBLE NULL) ENGINE=" +
        events_engine +
        ";CREATE TABLE `lines` (id INT PRIMARY KEY, order_id INT NOT NULL, quantity INT);"
        "CREATE TABLE parts (id INT PRIMARY KEY, line_id INT NOT NULL, note VARCHAR(20) NULL);"
        "CREATE TABLE ticks (account_id INT NOT NULL, value INT NULL);"
        "INSERT INTO accounts SELECT seq, CONCAT('" +
        prefix_ +
        "', seq) FROM seq_1_to_20;"
        "INSERT INTO countries SELECT seq, CONCAT('c', seq) FROM seq_1_to_30;"
        "INSERT INTO orders SELECT seq, 1 + seq % 20, seq / 100 FROM seq_1_to_2000;"
        "INSERT INTO events SELECT seq, 1 + seq % 20, IF(seq % 7 = 0, NULL, CONCAT('é', seq)),"
        " IF(seq % 11 = 0, -1e-200 * 1e-200, seq / 3) FROM seq_1_to_10000;"
        "INSERT INTO `lines` SELECT seq, 1 + seq % 2000, seq % 9 FROM seq_1_to_4000;"
        "INSERT INTO parts SELECT seq, 1 + seq % 4000, IF(seq % 2, NULL, 'n') FROM seq_1_to_8000;"
        "INSERT INTO ticks SELECT 1 + seq % 20, seq % 7 FROM seq_1_to_3000;"
        "ANALYZE TABLE accounts, orders, events, `lines`, parts, ticks");
  }

  /// `rules` are of further tables, `more` further keys of the tenancy, both behind a comma.
  [[nodiscard]] std::string tenancy(const std::string& rules = {},
                                    const std::string& more = {}) const {
    return "{ mode: row, database: " + source_.name() +
           ", directory: { table: accounts, key: id, name: slug }, tables: { default: { owned: "
           "account_id }, accounts: { owned: id }, countries: shared, lines: { inherited: "
           "[order_id -> orders] }, parts: { inherited: [line_id -> lines] }" +
           rules + " }" + more + " }";
  }
  [[nodiscard]] std::string tenant(int id) const { return prefix_ + std::to_string(id); }
  SourceDatabase& source() { return source_; }

  /// All rows of the tables that no index reads by tenant.
  static constexpr std::uint64_t kScannedRows = 10'000 + 4'000 + 8'000 + 3'000 + 30;

 private:
  std::string prefix_ = unique_name("gw_shop") + "_";
  SourceDatabase source_;
};

inline std::uint64_t rows_scanned() {
  mariadb::Connection root(servers().source_root);
  return std::stoull(root.scalar("SELECT variable_value FROM information_schema.global_status "
                                 "WHERE variable_name = 'HANDLER_READ_RND_NEXT'")
                         .value());
}

/// A few times the tables' rows (joins may scan a parent), and the catalog's own tables; a scan for
/// each tenant would be twenty times the rows.
inline constexpr std::uint64_t kScansMax = 3 * Shop::kScannedRows + 40'000;
static_assert(kScansMax < kTenants * Shop::kScannedRows / 4);

inline void require_copied(const Migration& migration) {
  const ProcessResult copied = migration.copy();
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
}

inline const nlohmann::json& of_tenant(const nlohmann::json& report, const std::string& tenant) {
  for (const nlohmann::json& found : report.at("tenants")) {
    if (found.at("tenant") == tenant) return found;
  }
  FAIL("no report of " << tenant);
  return report;
}

inline const nlohmann::json& of_table(const nlohmann::json& tenant, const std::string& table) {
  for (const nlohmann::json& found : tenant.at("tables")) {
    if (found.at("table") == table) return found;
  }
  FAIL("no report of " << table);
  return tenant;
}

/// "table kind key column"
inline std::multiset<std::string> differences(const nlohmann::json& tenant) {
  std::multiset<std::string> found;
  for (const nlohmann::json& difference : tenant.at("differences")) {
    found.insert(difference.at("table").get<std::string>() + " " +
                 difference.at("kind").get<std::string>() + " " +
                 difference.at("key").get<std::string>() + " " +
                 difference.at("column").get<std::string>());
  }
  return found;
}

}  // namespace godwit::test
