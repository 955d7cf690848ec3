// From what a PostgreSQL server or libpq reports to an Error: the one table of SQLSTATEs.
// Codes: PostgreSQL 15 manual, appendix A.
#pragma once

#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "godwit/core/error.hpp"

namespace godwit::postgres {

/// `state` is the SQLSTATE, empty when the failure is the connection's; `text` what was said.
Error server_error(std::string_view state, std::string_view text);
/// The failure a result carries, with its detail and SQLSTATE; a broken connection counts as such.
Error result_error(PGconn* connection, const PGresult* result);
/// What libpq says about the connection itself: lost, or not made.
Error connection_error(PGconn* connection);

/// A statement that was cancelled, by request or by its time limit.
inline constexpr std::string_view kQueryCanceled = "57014";

}  // namespace godwit::postgres
