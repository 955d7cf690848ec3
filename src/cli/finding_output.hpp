// Findings for people: the gravest first, equal ones together.
#pragma once

#include <iosfwd>

#include "godwit/core/finding.hpp"

namespace godwit::cli {

/// Prints all findings; of one code the first `per_code` objects, and how many more there are.
void print_findings(std::ostream& out, const Findings& findings, std::size_t per_code);

}  // namespace godwit::cli
