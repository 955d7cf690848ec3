// The plan file: what is migrated from where to where, in which order. Strict: every mistake is
// reported at once with its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "godwit/core/diagnostic.hpp"
#include "godwit/core/ids.hpp"
#include "godwit/mariadb/endpoint.hpp"
#include "godwit/plan/row_tenancy.hpp"
#include "godwit/plan/time_window.hpp"
#include "godwit/schema/type_map.hpp"

namespace godwit::plan {

/// How busy the source may be before the copy waits; absent: however busy.
struct SourceLimits {
  std::optional<std::chrono::seconds> replica_lag{};
  std::optional<std::uint64_t> threads_running{};  // of others than the engine
  std::optional<std::uint64_t> history_list{};     // transactions that are not purged

  [[nodiscard]] bool any() const { return replica_lag || threads_running || history_list; }
  bool operator==(const SourceLimits&) const = default;
};

/// A replica of the source that must not fall behind.
struct ReplicaSpec {
  std::string uri;
  mariadb::Endpoint endpoint;  // user, option file and password: the source's, unless it has some
};

struct SourceSpec {
  std::string uri;
  mariadb::Endpoint endpoint;  // password resolved: password_file, else $GODWIT_SOURCE_PASSWORD
  int readers = 4;             // connections that read one large tenant at the same time, at most
  SourceLimits limits{};
  std::vector<ReplicaSpec> replicas{};
};

/// Each tenant is a database of its own, found by pattern or by a directory query.
struct DatabaseTenancy {
  std::vector<std::string> patterns;  // SQL-like: % any text, _ is itself (not a wildcard)
  std::vector<std::string> exclude;   // names or patterns
  /// A table that lists the tenants, as `database.table`, with its columns.
  struct Directory {
    std::string table;
    std::string database_column;
    std::string name_column;  // empty: the database's name is the tenant's name
    std::string where;        // SQL, may be empty
  };
  std::optional<Directory> directory;
};

struct ClusterSpec {
  std::string name;
  std::string uri;  // libpq, without password
  int databases = 1000;
  std::optional<std::uint64_t> bytes{};  // of all its databases; not given: no limit
  int connections = 1000;
  int engine_connections = 40;
  bool closed = false;  // keeps the tenants that it has and takes no others
};

/// What of the target a tenant has for itself.
enum class Isolation {
  database,
  schema,  // in one of the databases that the tenants of its cluster share
};

/// The databases that tenants share, on each cluster.
struct SharedDatabases {
  std::uint64_t count = 8;
  std::string name = "tenants_{n}";  // {n}: 1 to count
};

/// What the placement must heed beside the clusters' limits.
struct PlacementSpec {
  double reserve = 0;                              // part of each limit that stays free, 0 to 0.9
  int tenant_connections = 0;                      // the application's per tenant; 0: not counted
  std::map<std::string, std::string> pins;         // tenant → cluster
  std::vector<std::vector<std::string>> together;  // each list on one cluster
  std::vector<std::vector<std::string>> apart;     // each list on as many clusters as it has names
};

/// Which of a wave's tenants are begun first, by estimated size or by name.
enum class WaveOrder { largest, smallest, name };

struct WaveSpec {
  std::string name;
  std::vector<std::string> tenants;  // names or patterns; empty with `rest`
  bool rest = false;
  int lanes = 2;
  std::optional<std::uint64_t> above{};  // only tenants of at least this estimated size
  std::optional<std::uint64_t> below{};  // only smaller ones
  std::optional<double> share{};         // of the tenants that match, 0 to 1
  std::optional<std::uint64_t> limit{};  // tenants, at most
  std::vector<TimeWindow> windows{};     // when tenants may be begun; empty: always
  WaveOrder order = WaveOrder::largest;
  std::optional<std::uint64_t> abort_after{};  // failed tenants; then no further one is begun
};

/// Memory and disk for changes that wait to be applied.
struct FollowSpec {
  std::uint64_t memory_bytes = 256U << 20U;       // of all tenants; beyond it they spill
  std::uint64_t tenant_memory_bytes = 8U << 20U;  // of one tenant
  std::uint64_t spill_bytes = 1ULL << 40U;        // disk, of all tenants
  std::uint64_t routing_bytes = 1ULL << 30U;      // row tenancy: keys of parent rows
};

struct Plan {
  std::string file;
  SourceSpec source;
  DatabaseTenancy tenancy;         // unused when `rows` is there
  std::optional<RowTenancy> rows;  // tenants share tables
  schema::SchemaOptions schema;
  std::vector<ClusterSpec> clusters;
  PlacementSpec placement;
  std::string database_name = "{name}";  // {name}: the tenant's name
  Isolation isolation = Isolation::database;
  SharedDatabases shared_databases;  // unused with Isolation::database
  std::vector<WaveSpec> waves;
  std::string state;  // folder of the control store; default: <plan file>.state
                      // (relative paths in a plan start at the plan file's folder)
  std::uint64_t memory_bytes = 32U << 20U;        // buffers of the copy, all lanes together
  std::uint64_t large_tenant_bytes = 64U << 20U;  // from here on a tenant is read by K readers
  std::uint64_t chunk_bytes = 8U << 20U;          // of a large table, read in one piece
  std::uint64_t locked_copy_bytes = 256U << 20U;  // non-transactional tables above are refused
  std::uint64_t together = 0;                     // tenants one scan serves, at most; 0: by memory
  std::uint64_t routing_bytes = 256U << 20U;      // memory for the keys that rows are routed by
  std::uint64_t spill_bytes = 1ULL << 40U;        // disk for rows that wait for their tenant
  FollowSpec follow{};
};

/// On each cluster; 0: tenants have databases of their own.
inline std::uint64_t shared_databases_of(const Plan& plan) {
  return plan.isolation == Isolation::schema ? plan.shared_databases.count : 0;
}

/// Reads and checks a plan file. Throws Error(plan_invalid) whose message is all diagnostics, one
/// a line (`plans/acme.yaml:14:9: error: unknown key 'worker'; did you mean 'waves'?`).
Plan load_plan(const std::string& path);
/// The same from a text, for tests; diagnostics instead of an exception.
Plan parse_plan(const std::string& text, const std::string& file, Diagnostics& diagnostics);

}  // namespace godwit::plan
