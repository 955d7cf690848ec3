// The DDL that Godwit makes of Zabbix's MySQL schema against the one that its developers wrote for
// PostgreSQL. Every difference must belong to a class that docs/reference/zabbix-ddl.md explains.
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>

#include "godwit/core/text.hpp"
#include "support/servers.hpp"
#include "support/target_schema.hpp"
#include "support/zabbix.hpp"

namespace godwit::test {
namespace {

using Items = std::map<std::string, std::string>;  // what it is → how it is defined

Items read_items(postgres::Session& session, const std::string& sql) {
  Items items;
  for (const postgres::Row& row : session.query(sql))
    items[*row.at(0)] = row.at(1).value_or("");
  return items;
}

constexpr const char* kColumns =
    "SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) "
    "|| CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END "
    "|| coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "
    "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped";

// Without its name, which is compared by itself.
constexpr const char* kIndexes =
    "SELECT t.relname || '.' || c.relname, CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END "
    "|| CASE WHEN i.indisprimary THEN 'PRIMARY ' ELSE '' END "
    "|| substring(pg_get_indexdef(c.oid) FROM ' USING (.*)$') "
    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
    "WHERE t.relnamespace = 'public'::regnamespace";

constexpr const char* kForeignKeys =
    "SELECT t.relname || '.' || c.conname, pg_get_constraintdef(c.oid) || "
    "CASE WHEN c.convalidated THEN '' ELSE ' NOT VALID' END "
    "FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    "WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace";

constexpr const char* kChecks =
    "SELECT t.relname || '.' || c.conname, pg_get_constraintdef(c.oid) "
    "FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    "WHERE c.contype = 'c' AND c.connamespace = 'public'::regnamespace";

struct Difference {
  std::string kind;  // "column", "index" …
  std::string object;
  std::string ours;    // empty: only in the official schema
  std::string theirs;  // empty: only in ours
};

std::vector<Difference> differences(const std::string& kind, const Items& ours,
                                    const Items& theirs) {
  std::vector<Difference> result;
  for (const auto& [object, definition] : ours) {
    const auto other = theirs.find(object);
    if (other == theirs.end()) {
      result.push_back({kind, object, definition, ""});
    } else if (other->second != definition) {
      result.push_back({kind, object, definition, other->second});
    }
  }
  for (const auto& [object, definition] : theirs) {
    if (ours.find(object) == ours.end()) result.push_back({kind, object, "", definition});
  }
  return result;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string without(std::string text, const std::string& part) {
  if (const auto at = text.find(part); at != std::string::npos) text.erase(at, part.size());
  return text;
}

/// The class of a difference as docs/reference/zabbix-ddl.md names it; empty: unexplained.
std::string classify(const Difference& item) {
  if (item.kind == "column" && !item.ours.empty()) {
    const bool same_but_type = without(without(item.ours, "numeric(20,0)"), "::numeric") ==
                               without(without(item.theirs, "bigint"), "::bigint");
    if (contains(item.ours, "numeric(20,0)") && same_but_type) return "unsigned-id";
    const std::string default_text =
        item.theirs.substr(std::min(item.theirs.size(), item.ours.size()));
    const bool only_default =
        item.theirs == item.ours + default_text && default_text.substr(0, 9) == " DEFAULT ";
    const bool blob = item.ours.substr(0, 4) == "text" || item.ours.substr(0, 5) == "bytea";
    return only_default && blob ? "text-default" : "";
  }
  if (item.kind == "check") {
    return contains(item.ours, "18446744073709551615") && item.theirs.empty() ? "range-check" : "";
  }
  if (item.kind == "index") {
    if (item.theirs.empty() && contains(item.ours, "rtrim(")) return "folded-unique";
    if (item.theirs.empty() && item.ours.substr(0, 6) == "btree ") return "foreign-key-index";
    if (contains(item.ours, "left") && !contains(item.theirs, "left")) return "cut-index";
    if (contains(item.ours, "md5(")) return "hashed-unique";
  }
  return {};
}

std::map<std::string, int> explain(const std::vector<Difference>& found) {
  std::map<std::string, int> classes;
  for (const Difference& item : found) {
    const std::string name = classify(item);
    ++classes[name];
    if (!name.empty()) continue;
    UNSCOPED_INFO(item.kind << " " << item.object << "\n  ours:     " << item.ours
                            << "\n  official: " << item.theirs);
  }
  return classes;
}

std::string read_documentation() {
  std::ifstream file(std::string(GODWIT_SOURCE_DIR) + "/docs/reference/zabbix-ddl.md");
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace

TEST_CASE("Zabbix's tables become what its developers wrote for PostgreSQL", "[zabbix]") {
  SourceDatabase source("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  load_zabbix_source(source.name(), false);
  const mariadb::Database catalog = read_source(source.name());
  const auto schema = schema::build_target(catalog, schema::TypeMap::load("default"), {});
  CHECK(schema.tables.size() == 173);
  CHECK_FALSE(has_errors(schema.findings));

  TargetDatabase target;
  postgres::Session ours = target.connect();
  apply_schema(ours, schema, catalog);
  TargetDatabase twin;
  load_zabbix_twin(twin.name());
  postgres::Session theirs = twin.connect();

  std::vector<Difference> found;
  for (const auto& [kind, sql] : std::map<std::string, const char*>{{"column", kColumns},
                                                                    {"index", kIndexes},
                                                                    {"foreign key", kForeignKeys},
                                                                    {"check", kChecks}}) {
    const Items our_items = read_items(ours, sql);
    const Items their_items = read_items(theirs, sql);
    if (kind != "check") CHECK(their_items.size() > 100);
    for (Difference& item : differences(kind, our_items, their_items)) {
      found.push_back(std::move(item));
    }
  }
  const std::map<std::string, int> classes = explain(found);
  CHECK(classes.count("") == 0);

  const std::string documentation = read_documentation();
  for (const auto& [name, count] : classes) {
    if (name.empty()) continue;
    INFO(name << ": " << count << " differences");
    CHECK(contains(documentation,
                   "| `" + name + "` | " + human_count(static_cast<std::uint64_t>(count)) + " |"));
  }
}

}  // namespace godwit::test
