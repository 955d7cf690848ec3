#include "script.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>

#include "expansion.hpp"
#include "sizing.hpp"
#include "tables.hpp"
#include "words.hpp"

namespace godwit::monolith {
namespace {

using std::string;
using std::string_view;

// Rows of one INSERT, at most; a large tenant's table takes several.
constexpr std::uint64_t kRowsPerInsert = 1'000'000;
// Tenants up to this size are loaded in one transaction: hundreds of them cost few fsyncs.
constexpr std::uint64_t kRowsPerTransaction = 50'000;

// The directory's closed list; nobody is closed, so that every tenant is expected on the target.
constexpr std::array<string_view, 4> kStatus = {"active", "active", "trial", "active"};

class Script {
 public:
  Script(const Options& options, std::ostream& out)
      : options_(options), out_(out), shares_(tenant_shares(options.tenants, options.seed)) {}

  void write() {
    write_session();
    if (options_.tenancy == Tenancy::database) {
      write_databases();
    } else {
      write_shared_database();
    }
    out_ << "SET SESSION sql_log_bin = 1, unique_checks = 1, foreign_key_checks = 1;\n\n"
         << manifest_;
    out_ << "-- total tenants " << options_.tenants << " rows " << rows_total_ << "\n";
  }

 private:
  void write_session() {
    out_ << "-- A made-up CRM of " << options_.tenants << " tenants, seed " << options_.seed
         << ".\n"
         << "SET NAMES utf8mb4;\n"
            "SET time_zone = '+00:00';\n"
            // Differences of hashes may be negative.
            "SET sql_mode = 'STRICT_ALL_TABLES,NO_UNSIGNED_SUBTRACTION,NO_ENGINE_SUBSTITUTION,"
            "ERROR_FOR_DIVISION_BY_ZERO';\n"
            // The rows below are consistent; checking each would triple the time.
            "SET SESSION unique_checks = 0, foreign_key_checks = 0;\n"
            "SET @pad = '";
    // Blocks that all differ, since AES maps equal blocks to equal ones.
    for (int block = 100; block < 420; ++block)
      out_ << "0123456789abc" << block;
    out_ << "';\n\n";
  }

  void write_databases() {
    write_directory();
    for (int tenant = 1; tenant <= options_.tenants; ++tenant) {
      const string name = tenant_name(tenant);
      create_database(name);
      write_definitions();
      const auto sizes = sizes_of(tenant);
      begin_rows(sizes);
      std::uint64_t rows = 0;
      for (const auto& table : tables())
        rows += write_rows(table, tenant, sizes);
      end_rows();
      note_tenant(name, rows);
    }
  }

  void write_shared_database() {
    create_database(options_.prefix + "shared");
    create_companies("companies", false);
    write_definitions();
    auto shared = sizes_of(1);
    std::uint64_t shared_rows = 0;
    begin_rows(shared);
    for (const auto& table : tables()) {
      if (table.ownership == Ownership::shared) shared_rows += write_rows(table, 0, shared);
    }
    end_rows();
    TableSizes used;
    for (int tenant = 1; tenant <= options_.tenants; ++tenant) {
      auto sizes = sizes_of(tenant);
      std::uint64_t rows = 0;
      for (auto& [name, size] : sizes) {
        size.base = used[name].rows;
        used[name].rows += size.rows;
      }
      begin_rows(sizes);
      for (const auto& table : tables()) {
        if (table.ownership != Ownership::shared) rows += write_rows(table, tenant, sizes);
      }
      end_rows();
      note_tenant(tenant_name(tenant), rows);
    }
    rows_total_ += shared_rows;
    manifest_ += "-- shared rows " + std::to_string(shared_rows) + "\n";
  }

  void create_database(const string& name) {
    out_ << "CREATE DATABASE " << name << " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;\nUSE "
         << name << ";\n";
  }

  void write_directory() {
    if (options_.directory.empty()) return;
    out_ << "CREATE DATABASE IF NOT EXISTS " << options_.directory << " CHARACTER SET utf8mb4;\n";
    create_companies(options_.directory + ".companies", true);
  }

  void create_companies(const string& table, bool with_database) {
    out_ << "CREATE TABLE " << table
         << " (\n  id INT UNSIGNED NOT NULL AUTO_INCREMENT,\n  slug VARCHAR(40) NOT NULL,\n"
         << (with_database ? "  db_name VARCHAR(64) CHARACTER SET ascii NOT NULL,\n" : "")
         << "  status ENUM('trial','active','closed') NOT NULL DEFAULT 'trial',\n"
            "  PRIMARY KEY (id),\n  UNIQUE KEY companies_slug (slug)\n"
            ") ENGINE=InnoDB COMMENT='one row per tenant';\n";
    for (int tenant = 1; tenant <= options_.tenants; ++tenant) {
      const bool first = tenant % 1000 == 1;
      if (first) out_ << "INSERT INTO " << table << " VALUES\n";
      out_ << (first ? "  (" : ",\n  (") << tenant << ", '" << tenant_name(tenant) << "'";
      if (with_database) out_ << ", '" << tenant_name(tenant) << "'";
      out_ << ", '" << kStatus[static_cast<std::size_t>(tenant) % kStatus.size()] << "')";
      if (tenant % 1000 == 0 || tenant == options_.tenants) out_ << ";\n";
    }
  }

  void write_definitions() {
    for (const auto& table : tables()) {
      out_ << "CREATE TABLE " << table.name << ' ';
      write_for_tenancy(table.definition);
      out_ << ";\n";
    }
    out_ << "DELIMITER $$\n";
    write_for_tenancy(other_objects());
    out_ << "$$\nDELIMITER ;\n";
  }

  // Leaves out the lines of the other tenancy.
  void write_for_tenancy(string_view text) {
    const string_view mine = options_.tenancy == Tenancy::database ? "#database " : "#rows ";
    while (!text.empty()) {
      const auto end = text.find('\n');
      auto line = text.substr(0, end);
      text = end == string_view::npos ? string_view() : text.substr(end + 1);
      if (line.starts_with(mine)) {
        out_ << "  " << line.substr(mine.size());
      } else if (!line.starts_with('#')) {
        out_ << line;
      } else {
        continue;
      }
      if (!text.empty()) out_ << '\n';
    }
  }

  std::uint64_t write_rows(const Table& table, int tenant, const TableSizes& sizes) {
    const auto rows = sizes.find(table.name)->second.rows;
    const bool with_company =
        options_.tenancy == Tenancy::rows && table.ownership == Ownership::owned;
    // Reference rows are the same for everybody.
    const auto stream = mix(options_.seed, table.ownership == Ownership::shared
                                               ? string("shared")
                                               : "tenant" + std::to_string(tenant));
    const Expansion expansion(stream, table, sizes);
    string names;
    string values;
    const auto add = [&](string_view name, const string& value) {
      names += names.empty() ? "" : ", ";
      names += name;
      values += values.empty() ? "  " : ",\n  ";
      values += value;
    };
    for (const auto& column : table.columns)
      add(column.name, expansion.expand(column));
    if (with_company) add("company_id", std::to_string(tenant));
    for (std::uint64_t from = 1; from <= rows; from += kRowsPerInsert) {
      const auto to = std::min(rows, from + kRowsPerInsert - 1);
      out_ << "INSERT INTO " << table.name << " (" << names << ") SELECT\n"
           << values << "\nFROM seq_" << from << "_to_" << to << ";\n";
    }
    return rows;
  }

  void begin_rows(const TableSizes& sizes) {
    std::uint64_t rows = 0;
    for (const auto& [name, size] : sizes)
      rows += size.rows;
    in_transaction_ = rows <= kRowsPerTransaction;
    if (!options_.binlog) out_ << "SET SESSION sql_log_bin = 0;\n";
    if (in_transaction_) out_ << "START TRANSACTION;\n";
  }

  void end_rows() {
    if (in_transaction_) out_ << "COMMIT;\n";
    if (!options_.binlog) out_ << "SET SESSION sql_log_bin = 1;\n";
    out_ << '\n';
  }

  void note_tenant(const string& name, std::uint64_t rows) {
    rows_total_ += rows;
    manifest_ += "-- tenant " + name + " rows " + std::to_string(rows) + "\n";
  }

  TableSizes sizes_of(int tenant) const {
    return tenant_sizes(tables(), static_cast<double>(options_.rows_total) *
                                      shares_[static_cast<std::size_t>(tenant - 1)]);
  }

  string tenant_name(int tenant) const {
    const auto number = std::to_string(tenant);
    const std::size_t width = options_.tenants > 9999 ? 5 : 4;
    return options_.prefix + string(width - number.size(), '0') + number;
  }

  const Options& options_;
  std::ostream& out_;
  std::vector<double> shares_;
  bool in_transaction_ = false;
  std::uint64_t rows_total_ = 0;
  string manifest_;
};

}  // namespace

void write_script(const Options& options, std::ostream& out) { Script(options, out).write(); }

}  // namespace godwit::monolith
