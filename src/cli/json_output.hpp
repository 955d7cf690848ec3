// The --json documents: one object on stdout with `schema_version` and `command`; the contract is
// docs/reference/json-output.md.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/finding.hpp"

namespace godwit::cli {

using Json = nlohmann::ordered_json;

inline constexpr int kJsonSchemaVersion = 1;

/// Prints {"schema_version":1,"command":command, …fields of `body`…} and a line end.
void print_json(std::ostream& out, std::string_view command, const Json& body);
/// The same on one line: one of many documents (JSON Lines).
void print_json_line(std::ostream& out, std::string_view command, const Json& body);
/// The same document with `count` elements in the list `list`, which is an empty array of `body`
/// here: each is printed as it is made, so that memory doesn't grow with their number.
void print_json_list(std::ostream& out, std::string_view command, const Json& body,
                     std::string_view list, std::size_t count,
                     const std::function<Json(std::size_t)>& element);
Json error_json(const Error& error);
Json findings_json(const Findings& findings);

}  // namespace godwit::cli
