// Forecasts for people, and how they came true.
#pragma once

#include <iosfwd>

#include "godwit/engine/forecast_check.hpp"
#include "godwit/plan/simulation.hpp"
#include "json_output.hpp"

namespace godwit::cli {

void print_forecast(std::ostream& out, const plan::Forecast& forecast);

void print_check(std::ostream& out, const engine::ForecastCheck& check);
Json check_json(const engine::ForecastCheck& check);

}  // namespace godwit::cli
