#include <algorithm>
#include <charconv>
#include <cmath>

#include "godwit/core/text.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

}  // namespace

void refuse_unsupported(const YamlCursor& section, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const auto value = section.find(key)) {
      value->error("'" + value->path() + "' is not supported by this version of godwit");
    }
  }
}

void refuse_password(const YamlCursor& section) {
  if (const auto value = section.find("password")) {
    value->error("'" + value->path() +
                 "': a password must not stand in a plan; use source.password_file, "
                 "GODWIT_SOURCE_PASSWORD or an option file for the source, PGPASSFILE or "
                 "PGSERVICE for targets");
  }
}

std::optional<std::string> read_word(const YamlCursor& value) {
  std::optional<std::string> text = value.text();
  if (!text) return std::nullopt;
  if (text->empty()) {
    value.error("'" + value.path() + "' must not be empty");
    return std::nullopt;
  }
  if (printable(*text) != *text) {
    value.error("'" + value.path() + "' holds characters that can't be printed");
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> read_name(const YamlCursor& value) {
  std::optional<std::string> text = read_word(value);
  if (!text) return std::nullopt;
  const bool plain = std::all_of(text->begin(), text->end(), is_name_char);
  if (!plain || text->front() == '_' || text->front() == '-' || text->front() == '.' ||
      text->size() > 63) {
    value.error("'" + value.path() +
                "': a name has at most 63 letters, digits, '_', '-' and '.' "
                "and starts with a letter or digit, found '" +
                *text + "'");
    return std::nullopt;
  }
  return text;
}

std::optional<double> read_percentage(const YamlCursor& value, double minimum, double maximum) {
  const std::optional<std::string> text = value.text();
  if (!text) return std::nullopt;
  double percent = -1;
  const char* end = text->data() + text->size();
  const auto [behind, problem] = std::from_chars(text->data(), end, percent);
  const bool is_percentage = problem == std::errc() && std::string_view(behind, end) == "%";
  if (!is_percentage || percent < 100 * minimum || percent > 100 * maximum) {
    const auto whole = [](double part) { return std::to_string(std::lround(100 * part)); };
    value.error("'" + value.path() + "': expected a percentage from " + whole(minimum) + "% to " +
                whole(maximum) + "%, found '" + *text + "'");
    return std::nullopt;
  }
  return percent / 100;
}

std::vector<std::string> read_patterns(const YamlCursor& list) {
  std::vector<std::string> patterns;
  if (list.is_list() && list.items().empty()) list.error("'" + list.path() + "' is empty");
  for (const YamlCursor& item : list.items()) {
    std::optional<std::string> pattern = read_word(item);
    if (!pattern) continue;
    if (pattern->find_first_of("*?") != std::string::npos) {
      item.error("'" + item.path() + "': the wildcard is % (any text), found '" + *pattern + "'");
    } else if (std::find(patterns.begin(), patterns.end(), *pattern) != patterns.end()) {
      item.error("'" + item.path() + "': '" + *pattern + "' stands twice in the list");
    } else {
      patterns.push_back(std::move(*pattern));
    }
  }
  return patterns;
}

}  // namespace godwit::plan
