#include "godwit/core/finding.hpp"

#include <algorithm>

namespace godwit {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::silent: return "silent";
    case Severity::degraded: return "degraded";
    case Severity::info: return "info";
  }
  return "unknown";
}

bool has_errors(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::error; });
}

}  // namespace godwit
