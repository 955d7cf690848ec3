#include "godwit/core/diagnostic.hpp"

#include <algorithm>
#include <tuple>

#include "godwit/core/text.hpp"

namespace godwit {

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) {
    text += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  }
  return printable(text + ": error: " + diagnostic.message);
}

std::string to_string(const Diagnostics& diagnostics) {
  Diagnostics sorted = diagnostics;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  std::vector<std::string> lines;
  lines.reserve(sorted.size());
  for (const Diagnostic& diagnostic : sorted)
    lines.push_back(to_string(diagnostic));
  return join(lines, "\n");
}

}  // namespace godwit
