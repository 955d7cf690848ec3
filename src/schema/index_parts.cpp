#include "index_parts.hpp"

#include "columns.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::schema {

namespace {

using mariadb::ColumnType;

bool compares_by_collation(ColumnType type) {
  return type == ColumnType::char_ || type == ColumnType::varchar || type == ColumnType::text;
}

}  // namespace

std::string IndexPartSql::value() const {
  std::string base = json ? "(" + column + "::text)" : column;
  if (!prefix) return base;
  if (bytes) return "substring(" + base + " FROM 1 FOR " + std::to_string(*prefix) + ")";
  return "left(" + base + ", " + std::to_string(*prefix) + ")";
}

std::string IndexPartSql::folded() const {
  std::string sql = value();
  if (collation.pad_space) sql = "rtrim(" + sql + ", ' ')";
  if (!collation.icu_locale.empty()) sql += " COLLATE " + icu_collation(collation.icu_locale);
  return sql;
}

std::optional<IndexPartSql> index_part(const TableBuild& table, const mariadb::IndexPart& part) {
  const TargetColumn* target = table.find(part.column);
  if (target == nullptr) return std::nullopt;
  const mariadb::Column& source = table.source_of(*target);
  IndexPartSql result;
  result.column = postgres::quote_identifier(target->name);
  result.descending = part.descending;
  result.json = target->type == "json" || target->form == TargetForm::jsonb;
  result.text = target->form == TargetForm::text && !result.json;
  result.bytes = target->form == TargetForm::bytea;
  result.array = target->form == TargetForm::text_array;
  const std::uint64_t bytes = target_bytes_max(source, *target);
  result.bytes_max = bytes == 0 ? 8 : bytes;
  if (result.text && compares_by_collation(source.type)) {
    result.collation = collation_rule(source.collation);
    if (source.length > 0)
      result.bytes_per_unit = std::max<std::uint64_t>(1, bytes / source.length);
  }
  if (source.type == ColumnType::text || result.json) result.bytes_per_unit = 4;
  if (part.prefix && result.variable() && !result.array) {
    const bool shorter = source.length == 0 || *part.prefix < source.length ||
                         source.type == ColumnType::text || source.type == ColumnType::blob;
    const std::uint64_t prefix_bytes = *part.prefix * result.bytes_per_unit;
    if (shorter && prefix_bytes < result.bytes_max) {
      result.prefix = part.prefix;
      result.bytes_max = prefix_bytes;
    }
  }
  return result;
}

std::uint64_t index_bytes(const std::vector<IndexPartSql>& parts) {
  std::uint64_t total = 8;
  for (const IndexPartSql& part : parts)
    total += part.bytes_max + 4;
  return total;
}

}  // namespace godwit::schema
