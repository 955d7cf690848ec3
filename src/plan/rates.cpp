#include "godwit/plan/rates.hpp"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/utc_time.hpp"
#include "godwit/schema/yaml_cursor.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr double kBytesPerMb = 1e6;
constexpr double kRateMin = 0.001;  // of rates that something is divided by
constexpr double kRateMax = 1e9;
constexpr std::uintmax_t kFileBytesMax = 1U << 20U;

/// Six digits: more than any measurement has.
std::string number_text(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", number);
  return text;
}

void read_rate(const YamlCursor& section, std::string_view key, double minimum, double& rate) {
  const auto value = section.find(key);
  if (!value) return;
  const auto text = value->text();
  if (!text) return;
  double number = -1;
  const char* end = text->data() + text->size();
  const auto [behind, problem] = std::from_chars(text->data(), end, number);
  if (problem == std::errc() && behind == end && number >= minimum && number <= kRateMax) {
    rate = number;
    return;
  }
  value->error("'" + value->path() + "': expected a number from " + number_text(minimum) + " to " +
               number_text(kRateMax) + ", found '" + *text + "'");
}

void read_count(const YamlCursor& section, std::string_view key, std::uint64_t& count) {
  const auto value = section.find(key);
  if (!value) return;
  if (const auto read = value->integer(0, std::numeric_limits<std::int64_t>::max())) {
    count = static_cast<std::uint64_t>(*read);
  }
}

void read_measurement(const YamlCursor& section, Rates& rates) {
  if (!section.expect_keys({"at", "tenants", "bytes", "lanes"})) return;
  RateMeasurement measured;
  if (const auto at = section.find("at")) {
    measured.at = at->text().value_or("");
    if (at->is_scalar() && !parse_utc(measured.at)) {
      at->error("'" + at->path() + "': expected a time such as 2026-11-22T03:11:23Z, found '" +
                measured.at + "'");
    }
  }
  read_count(section, "tenants", measured.tenants);
  read_count(section, "bytes", measured.bytes);
  read_count(section, "lanes", measured.lanes);
  rates.measured = measured;
}

void read_rates(const YamlCursor& root, Rates& rates) {
  if (!root.expect_keys({"rates"})) return;
  const auto section = root.require("rates");
  if (!section) return;
  const bool is_map = section->expect_keys(
      {"floor_ms", "copy_mb_s", "lane_mb_s", "index_mb_s", "scan_mb_s", "source_mb_s",
       "write_rows_s", "apply_rows_s", "wal_factor", "binlog_mb_s", "measured"});
  if (!is_map) return;
  read_rate(*section, "floor_ms", 0, rates.floor_ms);
  read_rate(*section, "copy_mb_s", kRateMin, rates.copy_mb_s);
  read_rate(*section, "lane_mb_s", kRateMin, rates.lane_mb_s);
  read_rate(*section, "index_mb_s", 0, rates.index_mb_s);
  read_rate(*section, "scan_mb_s", kRateMin, rates.scan_mb_s);
  read_rate(*section, "source_mb_s", 0, rates.source_mb_s);
  read_rate(*section, "write_rows_s", 0, rates.write_rows_s);
  read_rate(*section, "apply_rows_s", 0, rates.apply_rows_s);
  read_rate(*section, "wal_factor", 0, rates.wal_factor);
  read_rate(*section, "binlog_mb_s", 0, rates.binlog_mb_s);
  if (const auto measured = section->find("measured")) read_measurement(*measured, rates);
  // a file that says one of both means a machine of the default's breadth
  if (section->find("copy_mb_s") && !section->find("lane_mb_s")) {
    const Rates defaults;
    rates.lane_mb_s = rates.copy_mb_s * (defaults.lane_mb_s / defaults.copy_mb_s);
  }
}

std::string read_file(const std::string& path) {
  const auto fail = [&](const std::string& why) {
    return Error(ErrorKind::plan_invalid,
                 "the rates file " + printable(path) + " can't be read: " + why);
  };
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(path, problem);
  if (problem) throw fail(problem.message());
  if (size > kFileBytesMax) throw fail("it is larger than " + human_bytes(kFileBytesMax));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file || !text) throw fail("reading failed");
  return text.str();
}

}  // namespace

Rates parse_rates(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
  Rates rates;
  Diagnostics found;
  {
    const auto document = schema::YamlDocument::parse(text, file, found);
    read_rates(document.root(), rates);
  }
  schema::sort_by_place(found);
  diagnostics.insert(diagnostics.end(), found.begin(), found.end());
  return rates;
}

Rates load_rates(const std::string& path) {
  Diagnostics diagnostics;
  Rates rates = parse_rates(read_file(path), path, diagnostics);
  if (!diagnostics.empty()) throw Error(ErrorKind::plan_invalid, to_string(diagnostics));
  return rates;
}

std::string rates_text(const Rates& rates) {
  std::string text =
      "# Rates for godwit plan --simulate; reference: docs/reference/plan-file.md.\n"
      "# MB are 10^6 bytes of the source's estimates, data and indexes.\n"
      "rates:\n";
  const auto add = [&](const char* key, double number, const char* comment) {
    text += "  " + std::string(key) + ": " + number_text(number) + "  # " + comment + "\n";
  };
  add("floor_ms", rates.floor_ms, "of each tenant, at full speed of the whole machine");
  add("copy_mb_s", rates.copy_mb_s, "rows, the whole machine");
  add("lane_mb_s", rates.lane_mb_s, "rows, one lane alone");
  add("index_mb_s", rates.index_mb_s, "keys and indexes; 0: copy_mb_s includes them");
  add("scan_mb_s", rates.scan_mb_s, "shared tables, read once for many tenants");
  add("source_mb_s", rates.source_mb_s, "the source's budget; 0: none");
  add("write_rows_s", rates.write_rows_s, "rows changed on the source meanwhile");
  add("apply_rows_s", rates.apply_rows_s, "rows that catching up applies; 0: not forecast");
  add("wal_factor", rates.wal_factor, "bytes of WAL for a byte of the tenant");
  add("binlog_mb_s", rates.binlog_mb_s, "what the source's binlog grows by");
  if (rates.measured) {
    const RateMeasurement& measured = *rates.measured;
    text += "  measured: { ";
    if (!measured.at.empty()) text += "at: \"" + measured.at + "\", ";
    text += "tenants: " + std::to_string(measured.tenants) +
            ", bytes: " + std::to_string(measured.bytes) +
            ", lanes: " + std::to_string(measured.lanes) + " }\n";
  }
  return text;
}

double machine_seconds(const Rates& rates, std::uint64_t tenants, std::uint64_t bytes) {
  const double mb = static_cast<double>(bytes) / kBytesPerMb;
  return static_cast<double>(tenants) * rates.floor_ms / 1000 + mb / rates.copy_mb_s +
         (rates.index_mb_s > 0 ? mb / rates.index_mb_s : 0);
}

double scan_seconds(const Rates& rates, std::uint64_t bytes) {
  return static_cast<double>(bytes) / kBytesPerMb / rates.scan_mb_s;
}

}  // namespace godwit::plan
