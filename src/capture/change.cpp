#include "godwit/capture/change.hpp"

namespace godwit::capture {
namespace {

constexpr std::uint64_t kAnsiQuotes = 4;  // of sql_mode

}  // namespace

StatementChange statement_change(const QueryEvent& query) {
  StatementChange change;
  change.database = query.database;
  change.sql = query.sql;
  change.sql_mode = query.variables.sql_mode.value_or(0);
  change.ansi_quotes = (change.sql_mode & kAnsiQuotes) != 0;
  return change;
}

}  // namespace godwit::capture
