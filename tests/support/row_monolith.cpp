#include "support/row_monolith.hpp"

#include <stdexcept>

#include "support/process.hpp"
#include "support/servers.hpp"

namespace godwit::test {

using plan::TableClass;
using plan::TableRule;

RowMonolith::RowMonolith(int tenants, int rows) {
  const std::string prefix = unique_name("gw_row") + "_";
  database_ = prefix + "shared";
  const ProcessResult sql =
      run_process({GODWIT_MONOLITH, "--tenancy", "rows", "--tenants", std::to_string(tenants),
                   "--rows-total", std::to_string(rows), "--seed", "7", "--prefix", prefix});
  if (sql.exit_code != 0) throw std::runtime_error("monolith: " + sql.err);
  const ProcessResult load = run_process(
      {"/usr/bin/mariadb", "--defaults-file=" + servers().source_root_defaults}, {}, sql.out);
  if (load.exit_code != 0) throw std::runtime_error("loading the monolith: " + load.err);
}

RowMonolith::~RowMonolith() {
  try {
    mariadb::Connection root(servers().source_root);
    root.execute("SET SESSION TRANSACTION READ WRITE");
    root.execute("DROP DATABASE " + mariadb::quote_identifier(database_));
  } catch (const std::exception&) {
    // the servers' folder goes anyway
    return;
  }
}

plan::RowTenancy RowMonolith::tenancy() const {
  plan::RowTenancy tenancy;
  tenancy.database = database_;
  tenancy.directory = {"companies", "id", "slug", ""};
  tenancy.default_column = "company_id";
  tenancy.tables["companies"] = owned_by("id");
  for (const char* shared : {"countries", "currencies", "vat_rates", "exchange_rates"})
    tenancy.tables[shared] = classified_as(TableClass::shared);
  tenancy.tables["customer_labels"] = inherited_by("customer_id", "customers");
  tenancy.tables["product_prices"] = inherited_by("product_id", "products");
  tenancy.tables["quote_lines"] = inherited_by("quote_id", "quotes");
  tenancy.tables["invoice_lines"] = inherited_by("invoice_id", "invoices");
  tenancy.tables["line_discounts"] = inherited_by("invoice_line_id", "invoice_lines");
  return tenancy;
}

std::string RowMonolith::tenancy_text(const std::string& more,
                                      const std::set<std::string>& unanswered) const {
  const plan::RowTenancy known = tenancy();
  std::string text = "\n  mode: row\n  database: " + database_ +
                     "\n  directory: { table: companies, key: id, name: slug }\n  tables:\n"
                     "    default: { owned: company_id }\n";
  for (const auto& [table, rule] : known.tables) {
    if (unanswered.contains(table)) continue;
    text += "    " + table + ": ";
    if (rule.kind == TableClass::owned) text += "{ owned: " + rule.column + " }";
    if (rule.kind == TableClass::shared) text += "shared";
    if (rule.kind == TableClass::inherited) {
      const plan::TablePath& path = rule.paths.at(0);
      text += "{ inherited: [\"" + path.columns.at(0) + " -> " + path.parent + "\"] }";
    }
    text += "\n";
  }
  return text + more;
}

TableRule owned_by(const std::string& column) {
  TableRule rule;
  rule.kind = TableClass::owned;
  rule.column = column;
  return rule;
}

TableRule inherited_by(const std::string& column, const std::string& parent) {
  TableRule rule;
  rule.kind = TableClass::inherited;
  rule.paths.push_back({{column}, parent, {}});
  return rule;
}

TableRule classified_as(TableClass kind) {
  TableRule rule;
  rule.kind = kind;
  return rule;
}

}  // namespace godwit::test
