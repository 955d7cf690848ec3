// A forecast held against what the runs after it did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/plan/simulation.hpp"

namespace godwit::engine {

struct WaveProgress {
  std::string wave;
  double forecast_seconds = 0;  // of the whole wave
  std::uint64_t tenants = 0;    // forecast
  std::uint64_t tenants_done = 0;
  std::uint64_t bytes = 0;       // forecast, the source's estimate
  std::uint64_t bytes_done = 0;  // of the tenants done, by the same measure
  std::uint64_t rows_copied = 0;
  std::uint64_t bytes_copied = 0;  // of COPY data
  std::string started_at;          // UTC, of the first tenant; empty: none yet
  std::string ended_at;            // UTC, of the last tenant done
  double fact_seconds = 0;         // in which runs worked on the tenants done
  double expected_seconds = 0;     // forecast for the tenants done, with their readings
  std::optional<double> ratio;     // fact ÷ expected
  double left_seconds = 0;         // the rest of the forecast, scaled by the ratio so far
};

struct ForecastCheck {
  std::vector<WaveProgress> waves;  // the forecast's
  std::optional<double> ratio;      // of all that is done
  double left_seconds = 0;          // of all waves
};

/// A wave that nothing is known of yet is scaled by the ratio of all others. Pure.
ForecastCheck check_forecast(const plan::Forecast& forecast,
                             const std::vector<control::TenantRecord>& tenants);

}  // namespace godwit::engine
