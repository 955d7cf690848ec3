#include "yaml_text.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kListedMax = 20;

}  // namespace

std::string quoted(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return '"' + printable(escaped) + '"';
}

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return human_count(count) + " " + (count == 1 ? one : many);
}

std::string comment(const std::string& indent, const std::string& text) {
  std::string result;
  std::string line = indent + "#";
  std::size_t at = 0;
  const std::string safe = printable(text);
  while (at < safe.size()) {
    const std::size_t end = std::min(safe.find(' ', at), safe.size());
    if (line.size() + 1 + end - at > kYamlLineMax && line.size() > indent.size() + 1) {
      result += line + "\n";
      line = indent + "#";
    }
    line += " " + safe.substr(at, end - at);
    at = end + 1;
  }
  return result + line + "\n";
}

std::string named(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kListedMax);
  std::string text =
      join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (names.size() > shown) text += " and " + human_count(names.size() - shown) + " more";
  return text;
}

}  // namespace godwit::plan
