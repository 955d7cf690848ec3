#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>
#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/rates.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

std::string diagnostics_of(const std::string& text) {
  Diagnostics diagnostics;
  parse_rates(text, "r.yaml", diagnostics);
  return to_string(diagnostics);
}

}  // namespace

TEST_CASE("rates are read as they are written") {
  Rates rates;
  rates.floor_ms = 31.5;
  rates.copy_mb_s = 88.25;
  rates.lane_mb_s = 30;
  rates.index_mb_s = 0;
  rates.scan_mb_s = 512.5;
  rates.source_mb_s = 40;
  rates.write_rows_s = 1200;
  rates.apply_rows_s = 9000;
  rates.wal_factor = 1.4;
  rates.binlog_mb_s = 0.5;
  Diagnostics diagnostics;
  CHECK(parse_rates(rates_text(rates), "r.yaml", diagnostics) == rates);
  rates.measured = RateMeasurement{"2026-11-22T03:11:23.103Z", 40, 1'234'567'890'123, 6};
  CHECK(parse_rates(rates_text(rates), "r.yaml", diagnostics) == rates);
  CHECK(to_string(diagnostics).empty());
}

TEST_CASE("rates that a file leaves out keep their defaults") {
  Diagnostics diagnostics;
  const Rates rates = parse_rates("rates: { floor_ms: 50 }", "r.yaml", diagnostics);
  CHECK(to_string(diagnostics).empty());
  Rates expected;
  expected.floor_ms = 50;
  CHECK(rates == expected);
  // as many lanes fill the machine as before
  CHECK(rates.scan_mb_s > 0);
  const Rates faster = parse_rates("rates: { copy_mb_s: 304 }", "r.yaml", diagnostics);
  CHECK(faster.lane_mb_s == Approx(152));
}

TEST_CASE("mistakes in a rates file are named with their place") {
  CHECK(diagnostics_of("rates:\n  copy_mb: 3\n") ==
        "r.yaml:2:3: error: unknown key 'copy_mb' in 'rates'; did you mean 'copy_mb_s'?");
  for (const char* number : {"0", "-1", "fast", "3x", "nan", "inf", "2e9", "[1]"}) {
    CAPTURE(number);
    CHECK_THAT(diagnostics_of("rates:\n  copy_mb_s: " + std::string(number) + "\n"),
               Catch::StartsWith("r.yaml:2:14: error: 'rates.copy_mb_s': expected "));
  }
  CHECK(diagnostics_of("rates: { floor_ms: 0, index_mb_s: 0, source_mb_s: 0 }").empty());
  CHECK_THAT(diagnostics_of("rates: { scan_mb_s: 0 }"),
             Catch::Contains("'rates.scan_mb_s': expected a number from 0.001"));
  CHECK_THAT(diagnostics_of("floor_ms: 3"),
             Catch::Contains("unknown key 'floor_ms'") && Catch::Contains("missing key 'rates'"));
  CHECK_THAT(diagnostics_of("rates: { measured: { at: yesterday } }"),
             Catch::Contains("expected a time such as"));
  CHECK_THAT(diagnostics_of("rates: { measured: { tenants: many } }"),
             Catch::Contains("expected an integer"));
}

TEST_CASE("a rates file that can't be read is an error of the plan's kind") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("godwit-rates-" + std::to_string(::getpid()) + ".yaml");
  const auto kind_of = [&]() -> std::optional<ErrorKind> {
    try {
      load_rates(path.string());
    } catch (const Error& error) {
      return error.kind();
    }
    return std::nullopt;
  };
  CHECK(kind_of() == ErrorKind::plan_invalid);
  std::ofstream(path) << "rates: { floor_ms: x }\n";
  CHECK(kind_of() == ErrorKind::plan_invalid);
  std::ofstream(path) << "rates: { floor_ms: 12 }\n";
  CHECK(load_rates(path.string()).floor_ms == 12);
  std::filesystem::remove(path);
}
