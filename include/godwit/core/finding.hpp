// Findings: what `check`, `plan` and the report say about a schema, a server or a grant.
// All of them are collected and shown at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace godwit {

/// What happens if the finding is ignored.
enum class Severity {
  error,     // the migration is refused until it is answered
  silent,    // results differ without any error
  degraded,  // works, slower or with less
  info,      // worth knowing
};

std::string_view name(Severity severity);

struct Finding {
  std::string code;  // stable, kebab-case, e.g. "unique-case-insensitive"
  Severity severity;
  std::string object;       // database.table.column as named on the source, or a setting
  std::string message;      // what is true
  std::string fix;          // what to do; never empty for `error`
  std::string source_text;  // the object's own text (expression, view body), may be empty

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

bool has_errors(const Findings& findings);

}  // namespace godwit
