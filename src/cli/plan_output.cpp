#include "plan_output.hpp"

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "godwit/core/text.hpp"
#include "godwit/plan/cluster_load.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

using Align = TextTable::Align;

struct WaveLoad {
  std::size_t tenants = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  const plan::Unit* largest = nullptr;
};

std::string largest_text(const plan::Unit* unit) {
  return unit == nullptr ? "" : unit->tenant + " (~" + human_bytes(unit->bytes) + ")";
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return part == 0 ? "0%" : "over";
  char text[32];
  std::snprintf(text, sizeof text, "%.0f%%",
                100 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string of_limit(std::uint64_t count, std::uint64_t limit) {
  return human_count(count) + " of " + human_count(limit) + " (" + percent(count, limit) + ")";
}

void print_waves(std::ostream& out, const plan::Plan& plan, const plan::Units& units) {
  std::vector<WaveLoad> waves(plan.waves.size());
  for (const plan::Unit& unit : units.units) {
    WaveLoad& wave = waves.at(unit.wave.value);
    ++wave.tenants;
    wave.rows += unit.rows;
    wave.bytes += unit.bytes;
    if (wave.largest == nullptr || unit.bytes > wave.largest->bytes) wave.largest = &unit;
  }
  TextTable table({"wave", "tenants", "rows", "size", "largest"},
                  {Align::left, Align::right, Align::right, Align::right, Align::left});
  for (std::size_t i = 0; i < waves.size(); ++i) {
    table.add({plan.waves[i].name, human_count(waves[i].tenants), "~" + human_count(waves[i].rows),
               "~" + human_bytes(waves[i].bytes), largest_text(waves[i].largest)});
  }
  table.print(out);
}

void print_clusters(std::ostream& out, const plan::Plan& plan, const plan::Units& units) {
  const std::vector<plan::ClusterLoad> loads = plan::cluster_loads(plan, units.units);
  const bool with_connections = plan.placement.tenant_connections > 0;
  const bool with_tenants = plan.isolation == plan::Isolation::schema;
  std::vector<std::string> header = {"cluster", "databases", "on disk"};
  std::vector<Align> align = {Align::left, Align::right, Align::right};
  if (with_tenants) {
    header.emplace_back("tenants");
    align.push_back(Align::right);
  }
  if (with_connections) {
    header.emplace_back("connections");
    align.push_back(Align::right);
  }
  header.emplace_back("largest");
  align.push_back(Align::left);
  TextTable table(header, align);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const plan::ClusterLoad& load = loads[i];
    std::string on_disk = "~" + human_bytes(load.bytes);
    if (load.room.bytes != plan::kNoLimit) {
      on_disk +=
          " of " + human_bytes(load.room.bytes) + " (" + percent(load.bytes, load.room.bytes) + ")";
    }
    std::vector<std::string> row = {plan.clusters[i].name,
                                    of_limit(load.databases, load.room.databases), on_disk};
    if (with_tenants) row.push_back(human_count(load.tenants));
    if (with_connections) row.push_back(of_limit(load.connections, load.room.connections));
    row.push_back(largest_text(load.largest));
    table.add(std::move(row));
  }
  table.print(out);
  out << "\non disk: data and indexes, and " << human_bytes(plan::kEmptyDatabaseBytes)
      << " for each database, which an empty one costs\n";
  if (plan.placement.reserve > 0) {
    char reserve[32];
    std::snprintf(reserve, sizeof reserve, "%g%%", 100 * plan.placement.reserve);
    out << "limits: the plan's, less the reserve of " << reserve << '\n';
  }
  if (loads.size() > 1 && !units.units.empty()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", plan::spread(loads));
    out << "spread: the fullest cluster has " << text << " times its share of the bytes\n";
  }
}

}  // namespace

void print_loads(std::ostream& out, const plan::Plan& plan, const plan::Units& units) {
  print_waves(out, plan, units);
  out << '\n';
  print_clusters(out, plan, units);
}

Json clusters_json(const plan::Plan& plan, const plan::Units& units) {
  const std::vector<plan::ClusterLoad> loads = plan::cluster_loads(plan, units.units);
  Json list = Json::array();
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const plan::ClusterLoad& load = loads[i];
    Json entry{{"cluster", plan.clusters[i].name},
               {"tenants", load.tenants},
               {"databases", load.databases},
               {"databases_max", load.room.databases},
               {"rows_estimate", load.rows},
               {"bytes_estimate", load.bytes},
               {"bytes_max", nullptr},
               {"connections", nullptr},
               {"connections_max", load.room.connections},
               {"fair_share", load.fair_share}};
    if (load.room.bytes != plan::kNoLimit) entry["bytes_max"] = load.room.bytes;
    if (plan.placement.tenant_connections > 0) entry["connections"] = load.connections;
    list.push_back(std::move(entry));
  }
  return list;
}

Json unit_json(const plan::Plan& plan, const plan::Unit& unit) {
  return {{"tenant", unit.tenant},
          {"wave", plan.waves.at(unit.wave.value).name},
          {"cluster", plan.clusters.at(unit.cluster.value).name},
          {"source_database", unit.source_database},
          {"target_database", unit.target_database},
          {"target_schema", unit.target_schema},
          {"tables", unit.tables},
          {"rows_estimate", unit.rows},
          {"bytes_estimate", unit.bytes}};
}

}  // namespace godwit::cli
