#include "reading_output.hpp"

#include <ostream>
#include <string>
#include <vector>

#include "godwit/core/text.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

using Align = TextTable::Align;

constexpr std::size_t kWavesShown = 6;

/// "company", "PRIMARY (clustered)", "invoice_id -> invoices", "none"
std::string way(const plan::TableReading& table) {
  if (table.access == plan::TenantAccess::none) return "none";
  return table.through + (table.access == plan::TenantAccess::clustered ? " (clustered)" : "");
}

/// "index ~1.2 MB", "scan (index ~80.0 MB)", "scan", "3 scans", "2 of 3 by index (~1.2 MB)"
std::string cell(const plan::WaveReading& wave) {
  if (wave.readings == 0) return "-";
  const std::string cost = wave.index_bytes ? "~" + human_bytes(*wave.index_bytes) : "";
  if (wave.readings == 1) {
    if (wave.by_index == 1) return "index " + cost;
    return cost.empty() ? "scan" : "scan (index " + cost + ")";
  }
  const std::string all = human_count(wave.readings);
  const std::string behind = cost.empty() ? "" : " (index " + cost + ")";
  if (wave.by_index == 0) return all + " scans" + behind;
  return human_count(wave.by_index) + " of " + all + " by index" + behind;
}

void print_note(std::ostream& out) {
  out << "\nsize: of the rows, all of which a scan reads; index: what the tenants' rows cost "
         "through "
         "it, in bytes of a scan\n";
}

}  // namespace

void print_readings(std::ostream& out, const plan::Plan& plan, const plan::Units& units) {
  if (units.readings.empty()) return;
  const std::vector<plan::WaveReading>& waves = units.readings.front().waves;
  const bool each = waves.size() <= kWavesShown;
  std::vector<std::string> header = {"table", "class", "rows", "size", "tenants' rows by"};
  std::vector<Align> align = {Align::left, Align::left, Align::right, Align::right, Align::left};
  if (each) {
    for (const plan::WaveReading& wave : waves)
      header.push_back(printable(plan.waves.at(wave.wave.value).name));
  } else {
    header.insert(header.end(), {"scans", "by index"});
    align.insert(align.end(), {Align::right, Align::right});
  }
  TextTable text(header, align);
  for (const plan::TableReading& table : units.readings) {
    std::vector<std::string> row = {table.table, std::string(plan::name(table.kind)),
                                    "~" + human_count(table.rows), "~" + human_bytes(table.bytes),
                                    way(table)};
    std::uint64_t readings = 0;
    std::uint64_t by_index = 0;
    for (const plan::WaveReading& wave : table.waves) {
      readings += wave.readings;
      by_index += wave.by_index;
      if (each) row.push_back(cell(wave));
    }
    if (!each) {
      row.push_back(human_count(readings - by_index));
      row.push_back(human_count(by_index));
    }
    text.add(std::move(row));
  }
  out << '\n';
  text.print(out);
  print_note(out);
}

Json readings_json(const plan::Plan& plan, const plan::Units& units) {
  Json list = Json::array();
  for (const plan::TableReading& table : units.readings) {
    Json waves = Json::array();
    for (const plan::WaveReading& wave : table.waves) {
      if (wave.readings == 0) continue;
      Json entry{{"wave", plan.waves.at(wave.wave.value).name},
                 {"readings", wave.readings},
                 {"by_index", wave.by_index},
                 {"scan_bytes", wave.scan_bytes},
                 {"index_bytes", nullptr}};
      if (wave.index_bytes) entry["index_bytes"] = *wave.index_bytes;
      waves.push_back(std::move(entry));
    }
    list.push_back({{"table", table.table},
                    {"class", plan::name(table.kind)},
                    {"rows_estimate", table.rows},
                    {"bytes_estimate", table.bytes},
                    {"access", plan::name(table.access)},
                    {"through", table.through},
                    {"waves", std::move(waves)}});
  }
  return list;
}

}  // namespace godwit::cli
