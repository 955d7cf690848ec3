#include "period_key.hpp"

#include <algorithm>

#include "godwit/mariadb/connection.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::schema {

namespace {

/// The catalog lists a period as the check that MariaDB makes of it, by the period's name.
std::string period_name(const mariadb::Table& table, const std::string& start,
                        const std::string& end) {
  const std::string expression =
      mariadb::quote_identifier(start) + " < " + mariadb::quote_identifier(end);
  const auto check = std::find_if(
      table.checks.begin(), table.checks.end(),
      [&](const mariadb::Check& candidate) { return candidate.expression == expression; });
  return check == table.checks.end() ? "?" : check->name;
}

const char* range_function(TargetForm form) {
  if (form == TargetForm::date) return "daterange";
  return form == TargetForm::timestamptz ? "tstzrange" : "tsrange";
}

}  // namespace

std::string period_key_text(const mariadb::Table& table, const mariadb::Index& index) {
  using mariadb::quote_identifier;
  const std::string& start = index.parts.back().column;
  const std::string& end = index.parts[index.parts.size() - 2].column;
  const std::string period = quote_identifier(period_name(table, start, end));
  std::string text =
      "PERIOD FOR " + period + " (" + quote_identifier(start) + ", " + quote_identifier(end) +
      "), " + (index.primary ? "PRIMARY KEY" : "UNIQUE KEY " + quote_identifier(index.name)) + " (";
  for (std::size_t i = 0; i + 2 < index.parts.size(); ++i)
    text += quote_identifier(index.parts[i].column) + ",";
  return text + period + " WITHOUT OVERLAPS)";
}

std::string period_exclusion(const TableBuild& table, const mariadb::Index& index) {
  using postgres::quote_identifier;
  std::string sql = "EXCLUDE USING gist (";
  for (std::size_t i = 0; i + 2 < index.parts.size(); ++i)
    sql += quote_identifier(table.find(index.parts[i].column)->name) + " WITH =, ";
  const TargetColumn* start = table.find(index.parts.back().column);
  const TargetColumn* end = table.find(index.parts[index.parts.size() - 2].column);
  return sql + range_function(start->form) + "(" + quote_identifier(start->name) + ", " +
         quote_identifier(end->name) + ") WITH &&)";
}

}  // namespace godwit::schema
