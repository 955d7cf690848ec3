// The --json documents: one object on stdout with `schema_version` and `command`; the contract is
// docs/reference/json-output.md.
#pragma once

#include <iosfwd>
#include <string_view>

#include <nlohmann/json.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/finding.hpp"

namespace godwit::cli {

using Json = nlohmann::ordered_json;

inline constexpr int kJsonSchemaVersion = 1;

/// Prints {"schema_version":1,"command":command, …fields of `body`…} and a line end.
void print_json(std::ostream& out, std::string_view command, const Json& body);
Json error_json(const Error& error);
Json findings_json(const Findings& findings);

}  // namespace godwit::cli
