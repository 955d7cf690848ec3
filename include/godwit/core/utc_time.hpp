// Points in time as files and people write them: UTC, RFC 3339.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace godwit {

using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-11-22T03:11:23.103Z"
std::string utc_text(UtcTime time);

/// The same back, also without the fraction or the seconds ("2026-11-22T03:11Z"); nullopt for
/// anything else, and for days and hours that don't exist.
std::optional<UtcTime> parse_utc(std::string_view text);

}  // namespace godwit
