#include "plan_settings.hpp"

#include <array>
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
  // the default follows the file's name, which is no difference
  if (plan.state != plan.file + ".state") settings.values.emplace_back("state", plan.state);
  return settings;
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
  return settings;
}

}  // namespace

std::vector<Settings> settings_of(const Plan& plan) {
  std::vector<Settings> all;
  all.push_back(top_level(plan));
  all.push_back(
      {"source",
       {{"uri", plan.source.uri}, {"limits.readers", std::to_string(plan.source.readers)}}});
  all.push_back(tenancy(plan.tenancy));
  add_schema(plan.schema, all);
  for (const ClusterSpec& spec : plan.clusters)
    all.push_back(cluster(spec));
  add_placement(plan.placement, all);
  for (const WaveSpec& spec : plan.waves)
    all.push_back(wave(spec));
  all.push_back({"copy",
                 {{"memory", exact_bytes(plan.memory_bytes)},
                  {"large_tenant", exact_bytes(plan.large_tenant_bytes)},
                  {"chunk", exact_bytes(plan.chunk_bytes)},
                  {"locked_table", exact_bytes(plan.locked_copy_bytes)}}});
  return all;
}

}  // namespace godwit::plan
