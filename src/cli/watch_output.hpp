// How `watch` shows what it sees.
#pragma once

#include <iosfwd>
#include <string>

#include "json_output.hpp"
#include "watch_view.hpp"

namespace godwit::cli {

/// A page, for a terminal that is cleared before each.
void print_watch_page(std::ostream& out, const std::string& plan_file, const WatchView& view);
/// One line, for a log: all waves together.
void print_watch_line(std::ostream& out, const WatchView& view);
Json watch_json(const std::string& plan_file, const WatchView& view);

}  // namespace godwit::cli
