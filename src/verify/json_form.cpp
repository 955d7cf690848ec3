#include "json_form.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "godwit/core/text.hpp"

namespace godwit::verify {

namespace {

constexpr int kDepthMax = 500;

/// Recursive descent over one text; every method returns false at the first mistake.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool document(std::string& out) {
    skip_space();
    if (!value(out, 0)) return false;
    skip_space();
    return position_ == text_.size();
  }

 private:
  bool value(std::string& out, int depth);
  bool object(std::string& out, int depth);
  bool array(std::string& out, int depth);
  bool string(std::string& out);
  bool escape(std::string& out);
  bool hex4(std::uint32_t& unit);
  bool number(std::string& out);

  [[nodiscard]] char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  bool accept(char wanted) {
    if (peek() != wanted || position_ >= text_.size()) return false;
    ++position_;
    return true;
  }
  bool word(std::string_view wanted) {
    if (text_.substr(position_, wanted.size()) != wanted) return false;
    position_ += wanted.size();
    return true;
  }
  void skip_space() {
    position_ = std::min(text_.find_first_not_of(" \t\n\r", position_), text_.size());
  }
  std::string_view digits() {
    const std::size_t start = position_;
    while (peek() >= '0' && peek() <= '9')
      ++position_;
    return text_.substr(start, position_ - start);
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

void append_sized(std::string& out, char tag, std::string_view text) {
  out += tag;
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

bool Reader::value(std::string& out, int depth) {
  if (depth > kDepthMax) return false;
  switch (peek()) {
    case '{': return object(out, depth);
    case '[': return array(out, depth);
    case '"': {
      std::string text;
      if (!string(text)) return false;
      append_sized(out, 's', text);
      return true;
    }
    case 't': out += 'T'; return word("true");
    case 'f': out += 'F'; return word("false");
    case 'n': out += 'N'; return word("null");
    default: return number(out);
  }
}

bool Reader::object(std::string& out, int depth) {
  std::vector<std::pair<std::string, std::string>> members;
  accept('{');
  skip_space();
  if (!accept('}')) {
    do {
      auto& [name, form] = members.emplace_back();
      skip_space();
      if (!string(name)) return false;
      skip_space();
      if (!accept(':')) return false;
      skip_space();
      if (!value(form, depth + 1)) return false;
      skip_space();
    } while (accept(','));
    if (!accept('}')) return false;
  }
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  for (std::size_t index = 0; index < members.size(); ++index) {
    // jsonb keeps the last of equal keys
    if (index + 1 < members.size() && members[index].first == members[index + 1].first) continue;
    append_sized(out, 'k', members[index].first);
    out += members[index].second;
  }
  out += '}';
  return true;
}

bool Reader::array(std::string& out, int depth) {
  accept('[');
  out += '[';
  skip_space();
  if (!accept(']')) {
    do {
      skip_space();
      if (!value(out, depth + 1)) return false;
      skip_space();
    } while (accept(','));
    if (!accept(']')) return false;
  }
  out += ']';
  return true;
}

bool Reader::string(std::string& out) {
  if (!accept('"')) return false;
  while (position_ < text_.size()) {
    const char character = text_[position_++];
    if (character == '"') return true;
    if (static_cast<unsigned char>(character) < 0x20) return false;
    if (character != '\\') {
      out += character;
    } else if (!escape(out)) {
      return false;
    }
  }
  return false;
}

bool Reader::escape(std::string& out) {
  if (position_ >= text_.size()) return false;
  switch (text_[position_++]) {
    case '"': out += '"'; return true;
    case '\\': out += '\\'; return true;
    case '/': out += '/'; return true;
    case 'b': out += '\b'; return true;
    case 'f': out += '\f'; return true;
    case 'n': out += '\n'; return true;
    case 'r': out += '\r'; return true;
    case 't': out += '\t'; return true;
    case 'u': break;
    default: return false;
  }
  std::uint32_t code = 0;
  if (!hex4(code) || code == 0) return false;
  if (code >= 0xDC00 && code <= 0xDFFF) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    std::uint32_t low = 0;
    if (!word("\\u") || !hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  append_utf8(out, code);
  return true;
}

bool Reader::hex4(std::uint32_t& unit) {
  constexpr std::size_t kDigits = 4;
  const std::string_view digits = text_.substr(position_, kDigits);
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, unit, 16);
  if (digits.size() != kDigits || result.ec != std::errc() || result.ptr != end) return false;
  position_ += kDigits;
  return true;
}

/// As "n<sign><significant digits>e<exponent>": the value is 0.<digits> × 10^exponent.
bool Reader::number(std::string& out) {
  const bool negative = accept('-');
  const std::string_view whole = digits();
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  std::string_view fraction;
  if (accept('.')) {
    fraction = digits();
    if (fraction.empty()) return false;
  }
  std::int64_t exponent = 0;
  if (accept('e') || accept('E')) {
    const bool minus = accept('-');
    if (!minus) accept('+');
    const std::string_view power = digits();
    const auto result = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (power.empty() || result.ec != std::errc() || exponent > INT32_MAX) return false;
    if (minus) exponent = -exponent;
  }
  std::string significant = std::string(whole) + std::string(fraction);
  exponent += static_cast<std::int64_t>(whole.size());
  const std::size_t zeros = std::min(significant.find_first_not_of('0'), significant.size());
  significant.erase(0, zeros);
  exponent -= static_cast<std::int64_t>(zeros);
  significant.erase(significant.find_last_not_of('0') + 1);
  if (significant.empty()) {
    out += "n0";
  } else {
    out += negative ? "n-" : "n+";
    out += significant + "e" + std::to_string(exponent);
  }
  out += ';';
  return true;
}

}  // namespace

bool canonical_json(std::string_view json, std::string& form) {
  form.clear();
  if (first_invalid_utf8(json)) return false;
  return Reader(json).document(form);
}

}  // namespace godwit::verify
