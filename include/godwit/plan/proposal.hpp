// `godwit init`: a commented plan proposed from what the source holds.
#pragma once

#include <string>
#include <vector>

#include "godwit/mariadb/connection.hpp"

namespace godwit::plan {

struct ProposalOptions {
  std::string source_uri;  // as given, written into the plan
  std::vector<std::string> target_uris;
  std::string pattern;    // --databases; empty: find it
  std::string directory;  // --directory database.table(column); empty: find it
};

/// The text of the plan, ready to be loaded again. Groups databases by common prefix and schema,
/// and looks for a directory table whose column lists them. Throws Error(plan_invalid) with what
/// was found when no tenancy can be proposed.
std::string propose_plan(const ProposalOptions& options, mariadb::Connection& source);

}  // namespace godwit::plan
