// A small source in row tenancy, made by hand: companies and what belongs to them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "godwit/plan/classification.hpp"
#include "schema_model.hpp"

namespace godwit::test {

inline mariadb::Column int_column(std::string name, bool nullable = false) {
  mariadb::Column result = column(std::move(name), ColumnType::integer, "int(10) unsigned");
  result.nullable = nullable;
  return result;
}

inline mariadb::Column counter(std::string name = "id") {
  mariadb::Column result = int_column(std::move(name));
  result.auto_increment = true;
  return result;
}

inline mariadb::Table with_key(mariadb::Table table, std::string name,
                               std::vector<std::string> columns, std::string parent,
                               std::vector<std::string> parent_columns = {"id"},
                               std::string on_delete = "RESTRICT") {
  table.foreign_keys.push_back({std::move(name), std::move(columns), "crm", std::move(parent),
                                std::move(parent_columns), std::move(on_delete), "RESTRICT"});
  return table;
}

/// companies; customers and invoices (owned); lines of an invoice or, without one, of a customer;
/// parts of a line; a log without key; countries.
inline mariadb::Database row_database() {
  const mariadb::Index primary = index("PRIMARY", {"id"});
  mariadb::Column slug = text_column("slug", 40);
  slug.nullable = false;
  return database({
      table("companies", {counter(), slug}, {primary, index("slug", {"slug"}, true)}),
      table("countries", {int_column("id")}, {primary}),
      table("customers", {counter(), int_column("company_id", true)},
            {primary, index("company", {"company_id"})}),
      with_key(
          table("invoices", {counter(), int_column("company_id"), int_column("customer_id", true)},
                {primary, index("company", {"company_id"})}),
          "invoices_customer", {"customer_id"}, "customers"),
      with_key(with_key(table("lines",
                              {counter(), int_column("invoice_id", true),
                               int_column("customer_id", true)},
                              {primary, index("invoice", {"invoice_id"})}),
                        "lines_invoice", {"invoice_id"}, "invoices"),
               "lines_customer", {"customer_id"}, "customers"),
      table("log", {int_column("company_id")}),
      with_key(table("parts", {int_column("line_id"), int_column("no")},
                     {index("PRIMARY", {"line_id", "no"})}),
               "parts_line", {"line_id"}, "lines"),
  });
}

inline plan::RowTenancy row_tenancy() {
  using plan::TableClass;
  plan::RowTenancy tenancy;
  tenancy.database = "crm";
  tenancy.directory = {"companies", "id", "slug", ""};
  tenancy.default_column = "company_id";
  tenancy.tables["companies"].kind = TableClass::owned;
  tenancy.tables["companies"].column = "id";
  tenancy.tables["countries"].kind = TableClass::shared;
  tenancy.tables["lines"].kind = TableClass::inherited;
  tenancy.tables["lines"].paths = {{{"invoice_id"}, "invoices", {}},
                                   {{"customer_id"}, "customers", {}}};
  tenancy.tables["parts"].kind = TableClass::inherited;
  tenancy.tables["parts"].paths = {{{"line_id"}, "lines", {}}};
  return tenancy;
}

/// Index of a table in the order of the catalog.
inline std::size_t table_at(const mariadb::Database& database, const std::string& name) {
  return static_cast<std::size_t>(database.find_table(name) - database.tables.data());
}

/// Both, to be changed by a test.
struct RowModel {
  mariadb::Database database = row_database();
  plan::RowTenancy tenancy = row_tenancy();

  mariadb::Table& table(const std::string& name) {
    return database.tables[table_at(database, name)];
  }
};

}  // namespace godwit::test
