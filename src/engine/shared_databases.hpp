// Databases whose schemas are tenants: made when the first of their tenants comes.
#pragma once

#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "godwit/plan/plan.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

class SharedDatabases {
 public:
  /// Makes sure that the cluster has the database, with its mark, the progress table, and the
  /// collations that the schema's indexes use. Opens a connection to the cluster for it, one at a
  /// time. Throws Error(rejected) for a database of that name that is not shared by tenants;
  /// Error(held), retryable, while another engine makes it for long, or on `stop`; Error(target).
  void ensure(const plan::ClusterSpec& spec, const std::string& database,
              const SchemaVariant& schema, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::set<std::string> ready_;  // "cluster/database/schema"; guarded by mutex_
};

}  // namespace godwit::engine
