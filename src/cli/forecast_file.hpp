// A forecast as JSON: in `plan --simulate --json`, and in the file that `status --forecast` holds
// against the facts. The contract is docs/reference/json-output.md.
#pragma once

#include <string>

#include "godwit/plan/simulation.hpp"
#include "json_output.hpp"

namespace godwit::cli {

Json forecast_json(const plan::Forecast& forecast);

/// The document of a forecast file, with the time of writing.
std::string forecast_text(const std::string& plan_file, const plan::Forecast& forecast);

/// What a comparison needs of such a document: start, rates and waves. Throws Error(usage) when
/// the text is none; `path` is for the message.
plan::Forecast parse_forecast(const std::string& text, const std::string& path);
plan::Forecast read_forecast(const std::string& path);

}  // namespace godwit::cli
