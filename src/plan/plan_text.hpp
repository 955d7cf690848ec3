// The text of a proposed plan. Pure; the same proposal always gives the same text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "directory_search.hpp"

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
  bool use_directory = false;  // else it is a comment
};

std::string plan_text(const Proposal& proposal);

}  // namespace godwit::plan
