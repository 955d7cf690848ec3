#include "plan_settings.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "godwit/core/text.hpp"

namespace godwit::plan {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

/// Exact, in the largest unit that divides it.
std::string exact_bytes(std::uint64_t bytes) {
  struct Unit {
    std::uint64_t bytes;
    const char* name;
  };
  static constexpr std::array<Unit, 6> kUnits = {{{1ULL << 40U, "TiB"},
                                                  {1ULL << 30U, "GiB"},
                                                  {1ULL << 20U, "MiB"},
                                                  {1'000'000'000'000, "TB"},
                                                  {1'000'000'000, "GB"},
                                                  {1'000'000, "MB"}}};
  for (const Unit& unit : kUnits) {
    if (bytes > 0 && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes) + unit.name;
    }
  }
  return std::to_string(bytes);
}

std::string percent(double part) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g%%", 100 * part);
  return text;
}

std::string list(const std::vector<std::string>& items) { return "[" + join(items, ", ") + "]"; }

std::string lists(const std::vector<std::vector<std::string>>& groups) {
  std::vector<std::string> texts;
  texts.reserve(groups.size());
  for (const std::vector<std::string>& group : groups)
    texts.push_back(list(group));
  return list(texts);
}

Settings top_level(const Plan& plan) {
  Settings settings{"", {{"database_name", plan.database_name}}};
  if (plan.isolation == Isolation::schema) {
    settings.values.emplace_back("isolation.schema.databases",
                                 std::to_string(plan.shared_databases.count));
    settings.values.emplace_back("isolation.schema.database_name", plan.shared_databases.name);
  }
  // the default follows the file's name, which is no difference
  if (plan.state != plan.file + ".state") settings.values.emplace_back("state", plan.state);
  return settings;
}

/// As a plan writes it.
std::string path_text(const TablePath& path) {
  std::string text = join(path.columns, ", ") + " -> " + path.parent;
  if (!path.parent_columns.empty()) text += "(" + join(path.parent_columns, ", ") + ")";
  return text;
}

std::string rule_text(const TableRule& rule) {
  const std::string unrouted = rule.leave_unrouted ? ", unrouted: leave }" : " }";
  switch (rule.kind) {
    case TableClass::owned: return "{ owned: " + rule.column + unrouted;
    case TableClass::inherited: {
      std::vector<std::string> paths;
      for (const TablePath& path : rule.paths)
        paths.push_back("\"" + path_text(path) + "\"");
      return "{ inherited: " + list(paths) + unrouted;
    }
    case TableClass::undecided: return "ask";
    default: return std::string(name(rule.kind));
  }
}

void add_row_tenancy(const RowTenancy& tenancy, std::vector<Settings>& all) {
  Settings settings{"tenancy",
                    {{"mode", "row"},
                     {"database", tenancy.database},
                     {"directory.table", tenancy.directory.table},
                     {"directory.key", tenancy.directory.key_column}}};
  Values& values = settings.values;
  if (!tenancy.directory.name_column.empty()) {
    values.emplace_back("directory.name", tenancy.directory.name_column);
  }
  if (!tenancy.directory.where.empty()) {
    values.emplace_back("directory.where", tenancy.directory.where);
  }
  if (!tenancy.dropped_keys.empty()) {
    values.emplace_back("drop_keys", list(tenancy.dropped_keys));
  }
  values.emplace_back("central", tenancy.central_name);
  all.push_back(std::move(settings));
  Settings tables{"tenancy.tables", {}};
  if (!tenancy.default_column.empty()) {
    tables.values.emplace_back("default", "{ owned: " + tenancy.default_column + " }");
  }
  for (const auto& [table, rule] : tenancy.tables)
    tables.values.emplace_back(table, rule_text(rule));
  all.push_back(std::move(tables));
}

Settings tenancy(const DatabaseTenancy& tenancy) {
  Settings settings{"tenancy", {}};
  if (!tenancy.patterns.empty()) {
    settings.values.emplace_back("databases", list(tenancy.patterns));
  }
  if (tenancy.directory) {
    settings.values.emplace_back("directory.table", tenancy.directory->table);
    settings.values.emplace_back("directory.database", tenancy.directory->database_column);
    if (!tenancy.directory->name_column.empty()) {
      settings.values.emplace_back("directory.name", tenancy.directory->name_column);
    }
    if (!tenancy.directory->where.empty()) {
      settings.values.emplace_back("directory.where", tenancy.directory->where);
    }
  }
  if (!tenancy.exclude.empty()) settings.values.emplace_back("exclude", list(tenancy.exclude));
  return settings;
}

Values override_values(const schema::ColumnOverride& chosen) {
  Values values;
  if (chosen.type) values.emplace_back("type", *chosen.type);
  const auto policy = [&](const char* key, const auto& value) {
    if (value) values.emplace_back(key, std::string(schema::name(*value)));
  };
  policy("zero_date", chosen.zero_date);
  policy("nul_byte", chosen.nul_byte);
  policy("invalid_text", chosen.invalid_text);
  policy("invalid_enum", chosen.invalid_enum);
  return values;
}

void add_schema(const schema::SchemaOptions& options, std::vector<Settings>& all) {
  Settings& settings = all.emplace_back(Settings{"schema", {{"map", options.map}}});
  if (!options.indexes) settings.values.emplace_back("indexes", "false");
  if (!options.excluded_tables.empty()) {
    settings.values.emplace_back("exclude_tables", list(options.excluded_tables));
  }
  for (const auto& [column, chosen] : options.columns) {
    all.push_back({"schema.columns.\"" + column + "\"", override_values(chosen)});
  }
  for (const auto& [table, chosen] : options.tables) {
    all.push_back({"schema.tables.\"" + table + "\"", override_values(chosen)});
  }
}

Settings cluster(const ClusterSpec& spec) {
  Settings settings{"clusters." + spec.name,
                    {{"uri", spec.uri}, {"databases", std::to_string(spec.databases)}}};
  if (spec.bytes) settings.values.emplace_back("bytes", exact_bytes(*spec.bytes));
  settings.values.emplace_back("connections", std::to_string(spec.connections));
  settings.values.emplace_back("engine_connections", std::to_string(spec.engine_connections));
  if (spec.closed) settings.values.emplace_back("closed", "true");
  return settings;
}

void add_placement(const PlacementSpec& spec, std::vector<Settings>& all) {
  Settings settings{"placement", {{"reserve", percent(spec.reserve)}}};
  if (spec.tenant_connections > 0) {
    settings.values.emplace_back("tenant_connections", std::to_string(spec.tenant_connections));
  }
  if (!spec.together.empty()) settings.values.emplace_back("together", lists(spec.together));
  if (!spec.apart.empty()) settings.values.emplace_back("apart", lists(spec.apart));
  all.push_back(std::move(settings));
  Settings pins{"placement.pins", {}};
  for (const auto& [tenant, cluster] : spec.pins)
    pins.values.emplace_back(tenant, cluster);
  all.push_back(std::move(pins));
}

Settings source(const SourceSpec& spec) {
  Settings settings{"source",
                    {{"uri", spec.uri}, {"limits.readers", std::to_string(spec.readers)}}};
  Values& values = settings.values;
  if (const auto& lag = spec.limits.replica_lag) {
    values.emplace_back("limits.replica_lag", std::to_string(lag->count()) + "s");
  }
  if (const auto& threads = spec.limits.threads_running) {
    values.emplace_back("limits.threads_running", std::to_string(*threads));
  }
  if (const auto& history = spec.limits.history_list) {
    values.emplace_back("limits.history_list", std::to_string(*history));
  }
  if (!spec.replicas.empty()) {
    std::vector<std::string> uris;
    for (const ReplicaSpec& replica : spec.replicas)
      uris.push_back(replica.uri);
    values.emplace_back("replicas", list(uris));
  }
  return settings;
}

std::string time_text(std::chrono::minutes time) {
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(time.count() / 60),
                static_cast<int>(time.count() % 60));
  return text;
}

/// As a plan writes it; days one by one.
std::string window_text(const TimeWindow& window) {
  static constexpr std::array<const char*, 7> kDays = {"Mon", "Tue", "Wed", "Thu",
                                                       "Fri", "Sat", "Sun"};
  std::vector<std::string> days;
  for (std::size_t i = 0; i < kDays.size(); ++i) {
    if (window.days.test(i)) days.emplace_back(kDays[i]);
  }
  const bool ends_next_day = window.end > std::chrono::hours(24);
  const std::chrono::minutes end = window.end - std::chrono::hours(ends_next_day ? 24 : 0);
  return (window.days.all() ? std::string() : join(days, ",") + " ") + time_text(window.begin) +
         "-" + time_text(end) + " " + window.zone;
}

void add_beginning(const WaveSpec& spec, Values& values) {
  static constexpr std::array<const char*, 3> kOrders = {"largest", "smallest", "name"};
  if (!spec.windows.empty()) {
    std::vector<std::string> windows;
    for (const TimeWindow& window : spec.windows)
      windows.push_back(window_text(window));
    values.emplace_back("window", list(windows));
  }
  if (spec.order != WaveOrder::largest) {
    values.emplace_back("order", kOrders.at(static_cast<std::size_t>(spec.order)));
  }
  if (spec.abort_after) {
    values.emplace_back("abort_after", std::to_string(*spec.abort_after) + " failures");
  }
}

Settings copying(const Plan& plan) {
  Settings settings{"copy",
                    {{"memory", exact_bytes(plan.memory_bytes)},
                     {"large_tenant", exact_bytes(plan.large_tenant_bytes)},
                     {"chunk", exact_bytes(plan.chunk_bytes)}}};
  if (plan.together > 0) settings.values.emplace_back("together", std::to_string(plan.together));
  settings.values.emplace_back("routing", exact_bytes(plan.routing_bytes));
  settings.values.emplace_back("spill", exact_bytes(plan.spill_bytes));
  settings.values.emplace_back("locked_table", exact_bytes(plan.locked_copy_bytes));
  return settings;
}

Settings following(const FollowSpec& spec) {
  return {"follow",
          {{"memory", exact_bytes(spec.memory_bytes)},
           {"tenant_memory", exact_bytes(spec.tenant_memory_bytes)},
           {"spill", exact_bytes(spec.spill_bytes)},
           {"routing", exact_bytes(spec.routing_bytes)}}};
}

Settings wave(const WaveSpec& spec) {
  Settings settings{"waves." + spec.name, {}};
  if (spec.rest || !spec.tenants.empty()) {
    settings.values.emplace_back("tenants", spec.rest ? "rest" : list(spec.tenants));
  }
  if (spec.above) settings.values.emplace_back("size.above", exact_bytes(*spec.above));
  if (spec.below) settings.values.emplace_back("size.below", exact_bytes(*spec.below));
  if (spec.share) settings.values.emplace_back("share", percent(*spec.share));
  if (spec.limit) settings.values.emplace_back("limit", std::to_string(*spec.limit));
  settings.values.emplace_back("lanes", std::to_string(spec.lanes));
  add_beginning(spec, settings.values);
  return settings;
}

}  // namespace

std::vector<Settings> settings_of(const Plan& plan) {
  std::vector<Settings> all;
  all.push_back(top_level(plan));
  all.push_back(source(plan.source));
  if (plan.rows) {
    add_row_tenancy(*plan.rows, all);
  } else {
    all.push_back(tenancy(plan.tenancy));
  }
  add_schema(plan.schema, all);
  for (const ClusterSpec& spec : plan.clusters)
    all.push_back(cluster(spec));
  add_placement(plan.placement, all);
  for (const WaveSpec& spec : plan.waves)
    all.push_back(wave(spec));
  all.push_back(copying(plan));
  all.push_back(following(plan.follow));
  return all;
}

}  // namespace godwit::plan
