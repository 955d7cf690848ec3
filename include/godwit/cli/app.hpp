// The command line: `godwit <command> [options]`. Data goes to `out`, logs, progress and errors to
// stderr; the return value is the process's exit code.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace godwit::cli {

/// `arguments` without the program's name.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace godwit::cli
