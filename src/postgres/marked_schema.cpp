#include "godwit/postgres/marked_schema.hpp"

#include "godwit/core/error.hpp"
#include "owner_mark.hpp"

namespace godwit::postgres {
namespace {

// A dropped table with its indexes, their keys and its TOAST table is 20 to 30 locks until the
// commit, in shared memory that all sessions have together: 64 for each connection allowed, unless
// max_locks_per_transaction says otherwise. Many lanes drop at the same time.
constexpr const char* kTablesTogether = "10";

/// What DROP DATABASE … WITH (FORCE) does for a database: a server's session of a killed engine may
/// go on with its statement for long. Applications' sessions are of other roles. Sessions are told
/// apart by the role that logged in, whatever role they have taken since, and that role may end
/// them.
void end_own_sessions_in(Session& session, const std::string& schema) {
  session.execute(
      "BEGIN; SET LOCAL ROLE NONE; SELECT pg_terminate_backend(pid, 5000) FROM ("
      "SELECT DISTINCT l.pid FROM pg_locks l "
      "JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
      "JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace "
      "JOIN pg_stat_activity a ON a.pid = l.pid AND a.usename = session_user "
      "WHERE l.pid <> pg_backend_pid() AND n.nspname = " +
      quote_literal(schema) + ") AS sessions; COMMIT");
}

}  // namespace

std::optional<std::string> schema_mark(Session& session, const std::string& schema) {
  const Rows rows = session.query(
      "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace "
      "WHERE nspname = " +
      quote_literal(schema));
  if (rows.empty()) return std::nullopt;
  return mark_of(rows[0].at(0).value_or(""));
}

std::optional<std::string> other_schema_of_mark(Session& session, const std::string& mark,
                                                const std::string& schema) {
  return session.scalar(
      "SELECT nspname FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = " +
      quote_literal(std::string(kMarkPrefix) + mark) + " AND nspname <> " + quote_literal(schema) +
      " ORDER BY nspname LIMIT 1");
}

std::string create_schema_sql(const std::string& schema, const std::string& mark) {
  const std::string quoted = quote_identifier(schema);
  return "CREATE SCHEMA " + quoted + "; COMMENT ON SCHEMA " + quoted + " IS " +
         quote_literal(std::string(kMarkPrefix) + mark);
}

void drop_schema(Session& session, const std::string& schema) {
  const std::optional<std::string> mark = schema_mark(session, schema);
  if (!mark) return;
  if (mark->empty()) {
    throw Error(ErrorKind::rejected,
                "schema " + quote_identifier(schema) + " is not Godwit's and is not dropped",
                "drop or rename it, or choose another `database_name` in the plan");
  }
  end_own_sessions_in(session, schema);
  const std::string next_tables =
      "SELECT string_agg(format('%I.%I', nspname, relname), ', ') FROM ("
      "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
      "WHERE n.nspname = " +
      quote_literal(schema) + " AND c.relkind IN ('r', 'p') ORDER BY c.oid LIMIT " +
      kTablesTogether + ") AS tables";
  while (const std::optional<std::string> tables = session.scalar(next_tables))
    session.execute("DROP TABLE " + *tables + " CASCADE");
  session.execute("DROP SCHEMA " + quote_identifier(schema) + " CASCADE");
}

}  // namespace godwit::postgres
