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
  std::string tenancy;    // --tenancy: "database", "row", or empty: whichever is found
};

/// The text of the plan, ready to be loaded again.
/// Database tenancy: groups databases by common prefix and schema, and looks for a directory table
/// whose column lists them.
/// Row tenancy: looks in the largest databases (or those that `pattern` matches) for a column that
/// leads most tables to one, and proposes whose each table's rows are; what it can't decide is
/// `ask` in the plan. The column of `directory` is then the tenants' key.
/// Without a choice database tenancy goes first; a comment says when the other is there, too.
/// Throws Error(plan_invalid) with what was found when no tenancy can be proposed, and Error(usage)
/// for another word than these as `tenancy`.
std::string propose_plan(const ProposalOptions& options, mariadb::Connection& source);

}  // namespace godwit::plan
