// A plan as a list of named values, so that two of them can be held against each other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "godwit/plan/plan.hpp"

namespace godwit::plan {

/// A part of a plan that is there or not as a whole: a section, a cluster, a wave.
struct Settings {
  /// "source", "clusters.pg-01", "schema.columns.\"invoices.due_on\""; empty: the top level
  std::string path;
  std::vector<std::pair<std::string, std::string>> values;  // only what is set
};

/// In the order of a plan file. Values that a reader of the plan can't know apart (1024MiB and
/// 1GiB) are the same text.
std::vector<Settings> settings_of(const Plan& plan);

}  // namespace godwit::plan
