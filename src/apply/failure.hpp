// What a failed operation means: try again, give up the session, or ask a person.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "godwit/postgres/pipeline.hpp"

namespace godwit::apply {

inline constexpr std::string_view kForeignKeyViolation = "23503";

/// Whether an error of this SQLSTATE says something about the rows or the schema, which no other
/// try changes. Otherwise it is about the server, the session or other sessions.
bool is_about_data(std::string_view sqlstate);

/// The first operation that went wrong; nullopt: the report is clean.
std::optional<std::size_t> first_failure(const postgres::BatchReport& report);

}  // namespace godwit::apply
