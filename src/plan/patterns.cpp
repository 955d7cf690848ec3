#include "godwit/plan/units.hpp"

namespace godwit::plan {

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_text = 0;
  // Where to go on after a mismatch: behind the last '%', one character later in the text.
  std::size_t after_wildcard = std::string_view::npos;
  std::size_t resume = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '%') {
      after_wildcard = ++at;
      resume = in_text;
    } else if (at < pattern.size() && pattern[at] == text[in_text]) {
      ++at;
      ++in_text;
    } else if (after_wildcard != std::string_view::npos) {
      at = after_wildcard;
      in_text = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '%')
    ++at;
  return at == pattern.size();
}

}  // namespace godwit::plan
