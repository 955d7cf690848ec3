#include "altered_tables.hpp"

#include "godwit/core/text.hpp"

namespace godwit::capture {

void AlteredTables::said(const SchemaStatement& statement) {
  const bool extends =
      statement.kind == SchemaStatement::Kind::change_table && !statement.moves_columns;
  for (const std::string& table : statement.tables) {
    changed_.insert(lowercase_ascii(table));
    if (extends) longer(table);
  }
  for (const auto& [from, to] : statement.renames) {
    changed_.insert(lowercase_ascii(from));
    changed_.insert(lowercase_ascii(to));
  }
  any_ = any_ || (statement.tables.empty() && statement.renames.empty());
}

void AlteredTables::longer(const std::string& table) { longer_.insert(lowercase_ascii(table)); }

bool AlteredTables::may_be_longer(const std::string& table) const {
  return longer_.contains(lowercase_ascii(table));
}

bool AlteredTables::stops(const std::string& table) const {
  return any_ || changed_.contains(lowercase_ascii(table));
}

}  // namespace godwit::capture
