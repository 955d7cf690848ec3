// Mistakes in an input file, shown as `file:line:column: error: message` so that editors
// jump to them. A reader collects all of them before it gives up.
#pragma once

#include <string>
#include <vector>

namespace godwit {

struct Diagnostic {
  std::string file;
  int line = 0;    // from 1; 0 = the file as a whole
  int column = 0;  // from 1
  std::string message;
};

using Diagnostics = std::vector<Diagnostic>;

std::string to_string(const Diagnostic& diagnostic);
/// One line each, in the order of the file.
std::string to_string(const Diagnostics& diagnostics);

}  // namespace godwit
