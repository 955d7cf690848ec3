// The tables of the CRM: definition, share of the rows, and the expressions that make the rows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace godwit::monolith {

// What a table is in rows tenancy. Owned tables get a company_id; inherited ones reach one along
// a foreign key; shared ones are reference data.
enum class Ownership { shared, owned, inherited };

struct Column {
  std::string_view name;
  std::string_view expression;  // SQL with the placeholders of expansion.hpp
};

struct Table {
  std::string_view name;
  Ownership ownership = Ownership::owned;
  std::uint64_t rows_fixed = 0;  // in every tenant
  double weight = 0;             // share of the tenant's other rows
  // What follows CREATE TABLE <name>. A line that begins with #rows or #database belongs to
  // that tenancy only.
  std::string_view definition;
  std::vector<Column> columns;
};

// In an order in which parents come first, as far as the cycles allow.
const std::vector<Table>& tables();

// Views, triggers and sequences; same markers as Table::definition, separated by $$.
std::string_view other_objects();

std::vector<Table> reference_tables();
std::vector<Table> people_tables();
std::vector<Table> product_tables();
std::vector<Table> sales_tables();
std::vector<Table> activity_tables();

}  // namespace godwit::monolith
