// The plan's `tenancy` section of mode row.
#include <array>

#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// "a, b" → a and b; nullopt: an empty name.
std::optional<std::vector<std::string>> split_names(std::string_view text) {
  std::vector<std::string> names;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view name = trimmed(text.substr(0, comma));
    if (name.empty()) return std::nullopt;
    names.emplace_back(name);
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

/// "quote_id, line_no -> quote_lines" or "customer -> customers(code)"
std::optional<TablePath> parse_path(std::string_view text) {
  constexpr std::string_view kArrow = "->";
  const std::size_t arrow = text.find(kArrow);
  if (arrow == std::string_view::npos) return std::nullopt;
  const auto columns = split_names(text.substr(0, arrow));
  std::string_view parent = trimmed(text.substr(arrow + kArrow.size()));
  if (!columns || parent.empty()) return std::nullopt;
  TablePath path;
  path.columns = *columns;
  if (const std::size_t open = parent.find('('); open != std::string_view::npos) {
    if (!parent.ends_with(')')) return std::nullopt;
    const auto referenced = split_names(parent.substr(open + 1, parent.size() - open - 2));
    if (!referenced || referenced->size() != columns->size()) return std::nullopt;
    path.parent_columns = *referenced;
    parent = trimmed(parent.substr(0, open));
    if (parent.empty()) return std::nullopt;
  }
  path.parent = parent;
  return path;
}

void read_paths(const YamlCursor& list, TableRule& rule) {
  if (list.is_list() && list.items().empty()) list.error("'" + list.path() + "' is empty");
  for (const YamlCursor& item : list.items()) {
    const std::optional<std::string> text = read_word(item);
    if (!text) continue;
    if (std::optional<TablePath> path = parse_path(*text)) {
      rule.paths.push_back(std::move(*path));
    } else {
      item.error("'" + item.path() +
                 "': expected COLUMN -> TABLE, such as \"invoice_id -> invoices\" or \"a, b -> "
                 "parents(x, y)\", found '" +
                 *text + "'");
    }
  }
}

void read_class(const YamlCursor& value, TableRule& rule) {
  constexpr std::array<std::string_view, 4> kWords = {"shared", "central", "excluded", "ask"};
  constexpr std::array kClasses = {TableClass::shared, TableClass::central, TableClass::excluded,
                                   TableClass::undecided};
  if (const auto word = value.choice(kWords)) rule.kind = kClasses.at(*word);
}

void read_rule(const YamlCursor& value, TableRule& rule) {
  if (!value.is_map()) return read_class(value, rule);
  if (!value.expect_keys({"owned", "inherited", "unrouted"})) return;
  const auto owned = value.find("owned");
  const auto inherited = value.find("inherited");
  if (owned.has_value() == inherited.has_value()) {
    value.error("'" + value.path() + "' needs one of 'owned' and 'inherited'");
  } else if (owned) {
    rule.kind = TableClass::owned;
    rule.column = read_word(*owned).value_or("");
  } else {
    rule.kind = TableClass::inherited;
    read_paths(*inherited, rule);
  }
  if (const auto unrouted = value.find("unrouted")) {
    constexpr std::array<std::string_view, 2> kChoices = {"refuse", "leave"};
    if (const auto choice = unrouted->choice(kChoices)) rule.leave_unrouted = *choice == 1;
  }
}

void read_tables(const YamlCursor& section, RowTenancy& tenancy) {
  for (const auto& [table, value] : section.entries()) {
    if (table == "default") {
      if (!value.expect_keys({"owned"})) continue;
      if (const auto column = value.require("owned")) {
        tenancy.default_column = read_word(*column).value_or("");
      }
      continue;
    }
    TableRule rule;
    read_rule(value, rule);
    if (table.find('%') != std::string::npos && rule.kind == TableClass::inherited) {
      value.error("'" + value.path() + "': a pattern can't say how several tables inherit");
    }
    tenancy.tables.emplace(table, std::move(rule));
  }
}

void read_directory(const YamlCursor& section, RowTenancy::Directory& directory) {
  if (!section.expect_keys({"table", "key", "name", "where"})) return;
  if (const auto table = section.require("table")) {
    directory.table = read_word(*table).value_or("");
    if (directory.table.find('.') != std::string::npos) {
      table->error("'" + table->path() + "' names a table of tenancy.database, without a dot");
    }
  }
  if (const auto key = section.require("key")) directory.key_column = read_word(*key).value_or("");
  if (const auto name = section.find("name")) {
    directory.name_column = read_word(*name).value_or("");
  }
  if (const auto where = section.find("where")) directory.where = read_word(*where).value_or("");
}

}  // namespace

void read_row_tenancy(const YamlCursor& section, RowTenancy& tenancy) {
  if (!section.expect_keys({"mode", "database", "directory", "tables", "drop_keys", "central"})) {
    return;
  }
  if (const auto database = section.require("database")) {
    tenancy.database = read_word(*database).value_or("");
  }
  if (const auto directory = section.require("directory")) {
    read_directory(*directory, tenancy.directory);
  }
  if (const auto tables = section.require("tables")) read_tables(*tables, tenancy);
  if (const auto keys = section.find("drop_keys")) {
    for (const YamlCursor& item : keys->items()) {
      const std::optional<std::string> key = read_word(item);
      if (!key) continue;
      if (key->find('.') == std::string::npos) {
        item.error("'" + item.path() + "': expected TABLE.KEY, found '" + *key + "'");
      } else {
        tenancy.dropped_keys.push_back(*key);
      }
    }
  }
  if (const auto central = section.find("central")) {
    if (const auto name = read_name(*central)) tenancy.central_name = *name;
  }
}

}  // namespace godwit::plan
