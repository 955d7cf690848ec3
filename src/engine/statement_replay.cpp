#include "statement_replay.hpp"

#include <algorithm>

#include "godwit/capture/statement_text.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::engine {
namespace {

constexpr std::size_t kTextShown = 200;
/// What a router says in place of changes that it can't give to a tenant.
constexpr std::string_view kNote = "godwit: ";

bool is_referenced(const SchemaVariant& schema, const mariadb::Table& table) {
  return std::any_of(schema.model.tables.begin(), schema.model.tables.end(),
                     [&](const mariadb::Table& child) {
                       return std::any_of(child.foreign_keys.begin(), child.foreign_keys.end(),
                                          [&](const mariadb::ForeignKey& key) {
                                            return key.referenced_table == table.name &&
                                                   key.referenced_database == schema.model.name;
                                          });
                     });
}

/// A name as people wrote it, in their charset: where names don't depend on case, or aren't ASCII, it
/// may be another spelling of a table that moves.
bool may_be_moved(const SchemaVariant& schema, const std::string& table) {
  const std::string lower = lowercase_ascii(table);
  return !is_ascii(table) || std::any_of(schema.model.tables.begin(), schema.model.tables.end(),
                                         [&](const mariadb::Table& known) {
                                           return lowercase_ascii(known.name) == lower;
                                         });
}

/// PostgreSQL truncates no table that others refer to. MariaDB does so only without its checks, so
/// what refers to the rows stays as it is.
std::string truncate_sql(const SchemaVariant& schema, const std::string& table,
                         const apply::ApplyResult::Statement& statement) {
  const mariadb::Table* source = schema.model.find_table(table);
  if (source == nullptr && may_be_moved(schema, table)) {
    refuse_statement("a table was emptied, and its name can't be told for certain", statement,
                     "`godwit recopy` the tenant and run again");
  }
  const schema::TargetTable* target = schema.target.find_source_table(table);
  if (source == nullptr || target == nullptr) return {};  // it doesn't move
  const std::string name = postgres::quote_identifier(target->name);
  if (!is_referenced(schema, *source)) return "TRUNCATE " + name + " RESTART IDENTITY";
  return "SET LOCAL session_replication_role = replica; DELETE FROM " + name +
         "; SET LOCAL session_replication_role = origin";
}

}  // namespace

void refuse_statement(const std::string& problem, const apply::ApplyResult::Statement& statement,
                      const std::string& hint) {
  std::string text = statement.sql.substr(0, kTextShown);
  if (text.size() < statement.sql.size()) text += "…";
  throw Error(
      ErrorKind::rejected,
      problem + " at " + statement.position + " (" + statement.gtid + "): " + printable(text),
      hint);
}

bool changes_schema(const apply::ApplyResult::Statement& statement) {
  if (statement.sql.starts_with(kNote)) return false;
  return capture::read_statement(statement.sql, statement.database, statement.ansi_quotes).effect ==
         capture::StatementEffect::schema;
}

std::string replay_sql(const SchemaVariant& schema, const std::string& source_database,
                       const apply::ApplyResult::Statement& statement) {
  if (statement.sql.starts_with(kNote)) {
    refuse_statement("what the binlog shows can't be applied tenant by tenant", statement,
                     "copy the tenants that it names afresh: `godwit recopy`");
  }
  const capture::StatementMeaning meaning =
      capture::read_statement(statement.sql, statement.database, statement.ansi_quotes);
  switch (meaning.effect) {
    case capture::StatementEffect::none: break;  // nobody queues such
    case capture::StatementEffect::truncate:
      if (meaning.databases.size() == 1 && meaning.databases.front() == source_database) {
        return truncate_sql(schema, meaning.table, statement);
      }
      break;
    case capture::StatementEffect::rows:
      refuse_statement(
          "rows were changed by a statement in the binlog, which says nothing of the rows",
          statement,
          "set binlog_format=ROW for every session of the source, then `godwit recopy` the tenant "
          "and run again");
    case capture::StatementEffect::schema: break;
  }
  refuse_statement("tables of another database changed with the tenant's", statement,
                   "`godwit recopy` the tenant and run again");
}

}  // namespace godwit::engine
