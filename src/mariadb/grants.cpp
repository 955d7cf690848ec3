#include "grants.hpp"

#include <algorithm>
#include <optional>

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

struct Line {
  Privileges privileges;
  std::string database;  // a pattern; "*" for all
  std::string table;     // "*" for all
  std::string grantee;
};

/// The name between backticks at the front, or "*"; moves `rest` behind it.
std::optional<std::string> take_name(std::string_view& rest) {
  if (!rest.empty() && rest.front() == '*') {
    rest.remove_prefix(1);
    return "*";
  }
  if (rest.empty() || rest.front() != '`') return std::nullopt;
  std::string name;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '`') {
      name += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '`') {
      name += rest[++i];
    } else {
      rest.remove_prefix(i + 1);
      return name;
    }
  }
  return std::nullopt;
}

/// Where `word` stands outside backticks and brackets (which hold the columns of a privilege).
std::size_t find_outside(std::string_view text, std::string_view word) {
  bool quoted = false;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') quoted = !quoted;
    if (quoted) continue;
    if (depth == 0 && text.substr(i, word.size()) == word) return i;
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
  }
  return std::string_view::npos;
}

/// "SELECT, INSERT (`a`), LOCK TABLES": a privilege on some columns only does not count.
Privileges parse_privileges(std::string_view text) {
  Privileges result;
  while (!text.empty()) {
    const std::size_t comma = std::min(find_outside(text, ", "), text.size());
    const std::string_view privilege = text.substr(0, comma);
    if (privilege.find('(') == std::string_view::npos) result.emplace(privilege);
    text.remove_prefix(std::min(comma + 2, text.size()));
  }
  return result;
}

/// GRANT privileges ON `database`.`table` TO `user`@`host` …; nullopt for any other line.
std::optional<Line> parse_line(std::string_view text) {
  constexpr std::string_view kGrant = "GRANT ";
  constexpr std::string_view kOn = " ON ";
  constexpr std::string_view kTo = " TO ";
  if (text.substr(0, kGrant.size()) != kGrant) return std::nullopt;
  std::string_view rest = text.substr(kGrant.size());
  const std::size_t on = find_outside(rest, kOn);
  if (on == std::string_view::npos) return std::nullopt;  // a role
  Line line;
  line.privileges = parse_privileges(rest.substr(0, on));
  rest.remove_prefix(on + kOn.size());
  const auto database = take_name(rest);
  if (!database || rest.empty() || rest.front() != '.') return std::nullopt;  // routine, proxy
  rest.remove_prefix(1);
  const auto table = take_name(rest);
  if (!table || rest.substr(0, kTo.size()) != kTo) return std::nullopt;
  rest.remove_prefix(kTo.size());
  line.database = *database;
  line.table = *table;
  line.grantee = rest.substr(0, find_outside(rest, " "));
  return line;
}

bool contains(const Privileges& privileges, const std::string& privilege) {
  return privileges.count(privilege) > 0 || privileges.count("ALL PRIVILEGES") > 0;
}

/// How the server ranks patterns: those without a wildcard first, then the later the first
/// wildcard stands, the better.
std::size_t specificity(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      ++i;
    } else if (pattern[i] == '%' || pattern[i] == '_') {
      return std::min<std::size_t>(i + 1, 127);
    }
  }
  return 128;
}

std::size_t character_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view database) {
  while (!pattern.empty()) {
    const char c = pattern.front();
    if (c == '%') {
      for (std::size_t skipped = 0; skipped <= database.size(); ++skipped) {
        if (pattern_matches(pattern.substr(1), database.substr(skipped))) return true;
      }
      return false;
    }
    if (database.empty()) return false;
    if (c == '_') {
      pattern.remove_prefix(1);
      database.remove_prefix(std::min(character_length(database.front()), database.size()));
      continue;
    }
    if (c == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
    if (pattern.front() != database.front()) return false;
    pattern.remove_prefix(1);
    database.remove_prefix(1);
  }
  return database.empty();
}

std::string exact_pattern(std::string_view database) {
  std::string pattern;
  for (const char c : database) {
    if (c == '_' || c == '%' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

Grants Grants::parse(std::span<const std::string> lines, bool fold_case) {
  Grants grants;
  grants.fold_case_ = fold_case;
  for (const std::string& text : lines) {
    auto line = parse_line(text);
    if (!line) continue;
    if (fold_case) line->database = lowercase_ascii(line->database);
    Grantee& grantee = grants.grantees_[line->grantee];
    Privileges& privileges = line->database == "*" ? grantee.global
                             : line->table == "*"  ? grantee.databases[line->database]
                                                   : grantee.tables[line->database][line->table];
    privileges.merge(line->privileges);
  }
  return grants;
}

bool Grants::has_global(const std::string& privilege) const {
  return std::any_of(grantees_.begin(), grantees_.end(),
                     [&](const auto& entry) { return contains(entry.second.global, privilege); });
}

auto Grants::most_specific(const Grantee& grantee, const std::string& database) const
    -> const DatabaseGrants::value_type* {
  const std::string name = fold_case_ ? lowercase_ascii(database) : database;
  const DatabaseGrants::value_type* best = nullptr;
  std::size_t best_rank = 0;
  for (const auto& entry : grantee.databases) {
    const std::size_t rank = specificity(entry.first);
    if (rank <= best_rank || !pattern_matches(entry.first, name)) continue;
    best = &entry;
    best_rank = rank;
  }
  return best;
}

bool Grants::has(const std::string& privilege, const std::string& database) const {
  return has_global(privilege) ||
         std::any_of(grantees_.begin(), grantees_.end(), [&](const auto& entry) {
           const auto* best = most_specific(entry.second, database);
           return best != nullptr && contains(best->second, privilege);
         });
}

std::string Grants::deciding_pattern(const std::string& grantee,
                                     const std::string& database) const {
  const auto found = grantees_.find(grantee);
  if (found == grantees_.end()) return {};
  const auto* best = most_specific(found->second, database);
  return best == nullptr ? std::string() : best->first;
}

bool Grants::has(const std::string& privilege, const std::string& database,
                 const std::string& table) const {
  if (has(privilege, database)) return true;
  return std::any_of(grantees_.begin(), grantees_.end(), [&](const auto& entry) {
    const auto tables = entry.second.tables.find(database);
    if (tables == entry.second.tables.end()) return false;
    const auto found = tables->second.find(table);
    return found != tables->second.end() && contains(found->second, privilege);
  });
}

}  // namespace godwit::mariadb
