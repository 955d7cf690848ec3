#include "server_error.hpp"

#include <algorithm>
#include <array>

namespace godwit::postgres {
namespace {

struct StateRule {
  std::string_view prefix;  // of the SQLSTATE
  ErrorKind kind;
  bool retryable;
  std::string_view hint;
};

// The first rule that fits decides.
constexpr std::array kRules{
    StateRule{"08", ErrorKind::target, true, ""},
    StateRule{"22", ErrorKind::rejected, false, ""},
    StateRule{"23", ErrorKind::rejected, false, ""},
    StateRule{"25006", ErrorKind::target, false,
              "connect to the primary, e.g. with target_session_attrs=read-write"},
    StateRule{"28P01", ErrorKind::target, false,
              "check the user name and the password (PGPASSFILE, ~/.pgpass or the service file)"},
    StateRule{"28", ErrorKind::target, false, "check the user name and the server's pg_hba.conf"},
    StateRule{"3D000", ErrorKind::target, false,
              "name an existing database in the connection string, usually postgres"},
    StateRule{"40001", ErrorKind::target, true, ""},
    StateRule{"40P01", ErrorKind::target, true, ""},
    StateRule{"42501", ErrorKind::preflight, false,
              "grant the engine's role what is missing; `godwit check` names it"},
    StateRule{"53100", ErrorKind::target, false,
              "the target's disk is full: free or add space for its data and WAL, then run again"},
    StateRule{"53200", ErrorKind::target, true,
              "raise max_locks_per_transaction on the target, or use fewer lanes"},
    StateRule{"53300", ErrorKind::target, true,
              "the target has no connection left: raise max_connections or lower "
              "engine_connections in the plan"},
    // A row or a value beyond the server's limits.
    StateRule{"54", ErrorKind::rejected, false, ""},
    StateRule{"55006", ErrorKind::target, true, "another session uses the database"},
    StateRule{"55P03", ErrorKind::target, true, "another session holds a lock on the object"},
    StateRule{"57P0", ErrorKind::target, true, ""},
};

// Both quote whole rows, which don't belong into messages and logs.
bool detail_holds_a_row(std::string_view state) { return state == "23502" || state == "23514"; }

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

// The context's line "COPY table, line 1, column c", without the value that may follow. Its other
// lines quote data or statements.
std::string_view copy_place(std::string_view context) {
  while (!context.empty()) {
    const std::string_view line = context.substr(0, context.find('\n'));
    if (line.starts_with("COPY ")) return line.substr(0, line.find(": "));
    context.remove_prefix(std::min(context.size(), line.size() + 1));
  }
  return {};
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

Error server_error(std::string_view state, std::string_view text) {
  std::string message = trimmed(text);
  if (state.empty()) return Error(ErrorKind::target, message, {}, /*retryable=*/true);
  message.append(" (SQLSTATE ").append(state).append(")");
  for (const StateRule& rule : kRules) {
    if (state.starts_with(rule.prefix)) {
      return Error(rule.kind, message, std::string(rule.hint), rule.retryable);
    }
  }
  return Error(ErrorKind::target, message);
}

Error result_error(PGconn* connection, const PGresult* result) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  if (state.empty()) {
    if (PQstatus(connection) == CONNECTION_BAD) return connection_error(connection);
    return Error(ErrorKind::internal, trimmed(PQerrorMessage(connection)));
  }
  std::string text(field(result, PG_DIAG_MESSAGE_PRIMARY));
  const std::string_view detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty() && !detail_holds_a_row(state)) text.append(": ").append(detail);
  const std::string_view place = copy_place(field(result, PG_DIAG_CONTEXT));
  if (!place.empty()) text.append(", ").append(place);
  return server_error(state, text);
}

Error connection_error(PGconn* connection) { return server_error({}, PQerrorMessage(connection)); }

}  // namespace godwit::postgres
