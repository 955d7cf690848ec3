// The whole SQL script, from the session's settings to the manifest.
#pragma once

#include <iosfwd>

#include "options.hpp"

namespace godwit::monolith {

void write_script(const Options& options, std::ostream& out);

}  // namespace godwit::monolith
