#include "evidence.hpp"

#include "godwit/core/text.hpp"

namespace godwit::apply {
namespace {

constexpr std::string_view kEllipsis = "…";

/// A whole "name=value" or nothing: values are cut by display(), names are short.
bool add(const std::string& part, std::string& text) {
  if (text.size() + part.size() + kEllipsis.size() + 2 > kRowTextMax) {
    text += kEllipsis;
    return false;
  }
  if (!text.empty()) text += ", ";
  text += part;
  return true;
}

std::string value_text(const ShownRow& row, std::size_t column) {
  const schema::TargetColumn& target = row.plan->target->columns[column];
  const schema::ColumnCodec& codec = row.codecs[column];
  const mariadb::RawValue value = row.image->values[target.source_index];
  std::string text = printable(target.source_name) + "=";
  const bool compressed = codec.wire.type == schema::binlog_type::kBlobCompressed ||
                          codec.wire.type == schema::binlog_type::kVarcharCompressed;
  if (!compressed || value.is_null()) return text + schema::display(codec, value);
  std::string inflated;
  capture::inflate_column_value(codec.wire, value.bytes(), inflated);
  return text + schema::display(
                    codec, {reinterpret_cast<const std::byte*>(inflated.data()), inflated.size()});
}

bool is_shown(const ShownRow& row, std::size_t column) {
  const std::size_t source = row.plan->target->columns[column].source_index;
  return row.image->all_present || row.image->present.contains(source);
}

}  // namespace

std::string row_text(const ShownRow& row) {
  std::string text;
  if (row.image == nullptr || row.image->values.empty()) return text;
  for (std::size_t i = 0; i < row.plan->target->columns.size(); ++i) {
    if (is_shown(row, i) && !add(value_text(row, i), text)) break;
  }
  return text;
}

std::string key_text(const ShownRow& row) {
  if (row.plan->target->key.empty()) return row_text(row);
  std::string text;
  if (row.image == nullptr || row.image->values.empty()) return text;
  for (const std::size_t column : row.plan->target->key) {
    if (is_shown(row, column) && !add(value_text(row, column), text)) break;
  }
  return text;
}

std::string mismatch_text(std::string_view operation, const postgres::CountMismatch& mismatch) {
  std::string text(operation);
  text += " affected " + std::to_string(mismatch.actual) + " rows, not " +
          std::to_string(mismatch.expected);
  return text;
}

}  // namespace godwit::apply
