// The text of a proposed plan. Pure; the same proposal always gives the same text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "directory_search.hpp"
#include "row_plan_text.hpp"

namespace godwit::plan {

struct Proposal {
  std::string source_uri;
  std::vector<std::string> target_uris;
  std::vector<std::string> patterns;
  std::vector<std::string> exclude;      // match the patterns, but have other tables altogether
  std::vector<std::string> deviating;    // tenants whose tables differ from most others'
  std::vector<std::string> not_tenants;  // all other databases
  std::size_t tenants = 0;
  std::uint64_t bytes = 0;  // of all tenants, estimate
  std::string largest;      // database
  std::uint64_t largest_bytes = 0;
  std::vector<std::string> canary;  // tenants' names
  std::optional<DirectoryCandidate> directory;
  bool use_directory = false;       // else it is a comment
  std::optional<RowProposal> rows;  // row tenancy: takes the place of all that is about databases
  std::string other_tenancy;        // a comment: that the source could be read in another way
};

std::string plan_text(const Proposal& proposal);

}  // namespace godwit::plan
