// What reading the binlog costs the engine, for scripts/bench apply: the reader as it is, from the
// server's packets to the tenants' queues, with a number of subscribed tenants; nothing is applied.
//
//   reader_cost database URI FROM TO DATABASE SUBSCRIPTIONS
//     A database each: one of the tenants, in the middle, has all the changes.
//   reader_cost rows PLAN FROM TO SUBSCRIPTIONS
//     Shared tables, as the plan says: the first so many tenants of its directory. The keys that
//     rows are routed by are loaded before, from the source as it is now. So nothing that other
//     rows inherit from may have been deleted or moved since FROM.
//
// FROM and TO are GTID positions, the password is in GODWIT_SOURCE_PASSWORD. Prints the CPU seconds
// of the reading, the megabytes read, the transactions that came into queues, the megabytes of the
// routing index, and this process's greatest memory in megabytes.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "godwit/capture/database_router.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/capture/group_reader.hpp"
#include "godwit/capture/row_router.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/finding.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/charset.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/mariadb/endpoint.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/tenant_rows.hpp"
#include "godwit/plan/units.hpp"
#include "godwit/schema/target.hpp"
#include "godwit/schema/type_map.hpp"

namespace {

namespace capture = godwit::capture;
namespace mariadb = godwit::mariadb;
namespace plan = godwit::plan;
namespace schema = godwit::schema;
using godwit::GtidList;
using godwit::Secret;

constexpr std::size_t kMemory = 256U << 20U;
constexpr std::uint64_t kSpill = 1ULL << 30U;

struct Range {
  GtidList from;
  GtidList to;
};

struct Cost {
  double cpu_s = 0;
  double megabytes = 0;
  std::uint64_t transactions = 0;  // that came into queues
  double index_megabytes = 0;
};

double cpu_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

rusage used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

/// The subscribed tenants, and which of their queues have something.
class Tenants {
 public:
  explicit Tenants(GtidList from)
      : delivery([this](const capture::Subscription& tenant) { filled_.push_back(&tenant); }),
        from_(std::move(from)) {}

  capture::Delivery delivery;

  capture::SubscriptionPtr subscribe(const std::string& name) {
    auto one = std::make_shared<capture::Subscription>(name, from_, memory_, kMemory, spill_);
    all_.emplace(one.get(), one);
    return one;
  }

  /// As if it were applied at once. Returns how many transactions that are.
  std::size_t apply() {
    const std::size_t count = filled_.size();
    for (const capture::Subscription* tenant : filled_)
      all_.at(tenant)->queue().clear();
    filled_.clear();
    return count;
  }

 private:
  const GtidList from_;
  capture::QueueMemory memory_{kMemory};
  capture::SpillFile spill_{std::filesystem::temp_directory_path().string(), kSpill};
  std::unordered_map<const capture::Subscription*, capture::SubscriptionPtr> all_;
  std::vector<const capture::Subscription*> filled_;
};

Cost read(const mariadb::Endpoint& source, const Range& range, Tenants& tenants,
          capture::GroupSink& router) {
  mariadb::ReplicationOptions options;
  {
    mariadb::Connection connection(source);
    options.server_id = mariadb::choose_server_id(connection);
  }
  options.start = range.from;
  tenants.delivery.start(range.from);
  capture::GroupReader groups(router);
  mariadb::ReplicationStream stream(source, options);
  Cost cost;
  std::size_t bytes = 0;
  const double before = cpu_seconds(used());
  while (!tenants.delivery.position().covers(range.to)) {
    const auto packet = stream.next({});
    if (!packet) throw std::runtime_error("the stream ended");
    bytes += packet->size();
    groups.take(*packet);
    cost.transactions += tenants.apply();
  }
  cost.cpu_s = cpu_seconds(used()) - before;
  cost.megabytes = static_cast<double>(bytes) / 1e6;
  return cost;
}

Cost of_databases(const mariadb::Endpoint& source, const Range& range, const std::string& database,
                  std::size_t subscriptions) {
  Tenants tenants(range.from);
  capture::DatabaseRouter router(tenants.delivery, [] { return std::uint64_t{0}; });
  for (std::size_t i = 0; i < subscriptions; ++i) {
    const std::string name = i == subscriptions / 2 ? database : "idle_" + std::to_string(i);
    router.add(name, tenants.subscribe(name));
  }
  return read(source, range, tenants, router);
}

/// What the engine knows of the source in row tenancy.
struct SharedTables {
  SharedTables(const plan::Plan& of, mariadb::Connection& catalog) {
    if (!of.rows) throw std::runtime_error(of.file + " has no row tenancy");
    std::vector<mariadb::Database> found =
        mariadb::read_databases(catalog, {&of.rows->database, 1});
    if (found.empty()) throw std::runtime_error("no database " + of.rows->database);
    database = std::move(found.front());
    classification = plan::classify(*of.rows, database);
    target = schema::build_target(plan::tenant_model(*of.rows, classification, database),
                                  schema::TypeMap::load(of.schema.map), of.schema);
    if (godwit::has_errors(classification.findings) || godwit::has_errors(target.findings)) {
      throw std::runtime_error(of.file + " leaves questions open");
    }
    const mariadb::Table* directory = database.find_table(of.rows->directory.table);
    if (directory != nullptr) key = directory->find_column(of.rows->directory.key_column);
    if (key == nullptr) throw std::runtime_error("the directory has no such key");
  }

  mariadb::Database database;
  plan::Classification classification;
  schema::TargetSchema target;
  const mariadb::Column* key = nullptr;  // of the directory
};

using ByKey = std::map<std::string, capture::SubscriptionPtr, std::less<>>;

template <class Int>
void append_big_endian(std::string& to, Int value) {
  for (std::size_t byte = sizeof value; byte-- > 0;)
    to += static_cast<char>(value >> 8 * byte);
}

/// SELECT the tenant's key and the columns of a parent's key.
std::string keys_sql(const plan::Plan& of, const SharedTables& shared,
                     const capture::ParentKey& parent) {
  using schema::TargetForm;
  const auto& tables = shared.classification.tables;
  std::size_t table = 0;
  while (tables.at(table).name != parent.table)
    ++table;
  const plan::TenantOfRow whose =
      plan::tenant_of_row(*of.rows, shared.classification, shared.database, table);
  std::string sql = "SELECT " + whose.key;
  for (const std::string& name : parent.target_columns) {
    for (const schema::TargetColumn& column :
         shared.target.find_source_table(parent.table)->columns) {
      if (column.name != name) continue;
      if (column.form != TargetForm::int4 && column.form != TargetForm::int8) {
        throw std::runtime_error(parent.table + "." + name + " is no int4 or int8 on the target");
      }
      sql += ", CAST(t." + mariadb::quote_identifier(column.source_name) + " AS SIGNED)";
    }
  }
  return sql + " FROM " + mariadb::quote_identifier(shared.database.name) + "." +
         mariadb::quote_identifier(parent.table) + " AS t" + whose.joins;
}

/// As rows of COPY (FORMAT binary), in which the engine gets them from the tenants' databases.
void load_keys(const plan::Plan& of, const SharedTables& shared, const ByKey& subscribed,
               mariadb::Connection& connection, capture::RowRouter& router) {
  const std::vector<capture::ParentKey>& parents = router.parent_keys();
  std::string row;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    mariadb::RowStream rows(connection, keys_sql(of, shared, parents[i]));
    while (rows.next()) {
      const std::span<const mariadb::RawValue> values = rows.row();
      if (values[0].is_null()) continue;
      const std::string_view key(reinterpret_cast<const char*>(values[0].data), values[0].size);
      const auto tenant = subscribed.find(key);
      if (tenant == subscribed.end()) continue;
      row.clear();
      append_big_endian(row, static_cast<std::uint16_t>(values.size() - 1));
      for (const mariadb::RawValue& value : values.subspan(1)) {
        std::uint64_t number = 0;
        if (value.size != sizeof number) throw std::runtime_error("a key that is no BIGINT");
        std::memcpy(&number, value.data, sizeof number);
        append_big_endian(row, static_cast<std::uint32_t>(sizeof number));
        append_big_endian(row, number);
      }
      router.load(*tenant->second, i, std::as_bytes(std::span(row)));
    }
  }
}

Cost of_rows(const plan::Plan& of, const Range& range, std::size_t subscriptions) {
  mariadb::Connection connection(of.source.endpoint);
  const SharedTables shared(of, connection);
  Tenants tenants(range.from);
  capture::RowRouter router(
      tenants.delivery, shared.classification, shared.database, shared.target,
      [&](const std::string& name) { return mariadb::load_charset(connection, name); },
      of.follow.routing_bytes);
  std::vector<plan::TenantSource> directory = plan::find_row_tenants(of, connection, false);
  if (directory.size() < subscriptions) {
    throw std::runtime_error("the directory has " + std::to_string(directory.size()) + " tenants");
  }
  directory.resize(subscriptions);
  ByKey subscribed;
  for (const plan::TenantSource& tenant : directory) {
    capture::SubscriptionPtr one = tenants.subscribe(tenant.tenant);
    router.add(one, tenant.key);
    subscribed.emplace(plan::key_bytes(*shared.key, tenant.key), std::move(one));
  }
  load_keys(of, shared, subscribed, connection, router);
  Cost cost = read(of.source.endpoint, range, tenants, router);
  cost.index_megabytes = static_cast<double>(router.index_bytes()) / 1e6;
  return cost;
}

std::size_t number(const char* text) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0' || value == 0) {
    throw std::runtime_error(std::string(text) + " is no number of subscriptions");
  }
  return value;
}

Cost run(const std::span<char*> arguments) {
  const Range range{GtidList::parse(arguments[3]), GtidList::parse(arguments[4])};
  if (arguments.size() == 6)
    return of_rows(plan::load_plan(arguments[2]), range, number(arguments[5]));
  mariadb::Endpoint source = mariadb::parse_uri(arguments[2]);
  const char* password = std::getenv("GODWIT_SOURCE_PASSWORD");
  source.password = Secret(password == nullptr ? "" : password);
  return of_databases(source, range, arguments[5], number(arguments[6]));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (!(what == "database" && argc == 7) && !(what == "rows" && argc == 6)) {
    std::fputs(
        "usage: reader_cost database URI FROM TO DATABASE SUBSCRIPTIONS\n"
        "       reader_cost rows PLAN FROM TO SUBSCRIPTIONS\n",
        stderr);
    return 2;
  }
  try {
    const Cost cost = run({argv, static_cast<std::size_t>(argc)});
    std::printf("%.6f %.6f %llu %.3f %.3f\n", cost.cpu_s, cost.megabytes,
                static_cast<unsigned long long>(cost.transactions), cost.index_megabytes,
                static_cast<double>(used().ru_maxrss) * 1024 / 1e6);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reader_cost: %s\n", error.what());
    return 1;
  }
  return 0;
}
