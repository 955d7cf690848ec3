// How one log event becomes one line of text or JSON; pure, so that it is tested without a sink.
// The forms are described in docs/reference/log-events.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "godwit/core/log.hpp"

namespace godwit::log {

std::string_view name(Level level);

/// 2026-11-22T03:11:23.103Z info copy.tenant.done tenant=acme rows=10432
std::string text_line(std::string_view at, Level level, std::string_view event,
                      std::span<const Field> fields);
/// {"at":"…","level":"info","event":"copy.tenant.done","tenant":"acme","rows":10432}
std::string json_line(std::string_view at, Level level, std::string_view event,
                      std::span<const Field> fields);

}  // namespace godwit::log
