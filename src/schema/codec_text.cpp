#include "codec_text.hpp"

#include <string>

namespace godwit::schema {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";   // U+FFFD
constexpr std::string_view kSymbolForNul = "\xE2\x90\x80";  // U+2400

// What a thread keeps of a buffer that one huge value needed.
constexpr std::size_t kScratchKept = 1 << 20;

std::string& scratch() {
  thread_local std::string text;
  if (text.capacity() > kScratchKept) text = std::string();
  text.clear();
  return text;
}

// What happens to the pieces that can't be stored as they are.
class Repair {
 public:
  Repair(const Policies& policies, PolicyCounts& counts) : policies_(policies), counts_(counts) {}

  std::string_view nul() {
    if (policies_.nul_byte != NulByte::symbol) refuse(Refusal::nul_byte);
    count_once(Refusal::nul_byte, had_nul_);
    return kSymbolForNul;
  }
  std::string_view invalid() {
    if (policies_.invalid_text != InvalidText::replacement) refuse(Refusal::invalid_text);
    count_once(Refusal::invalid_text, had_invalid_);
    return kReplacement;
  }

 private:
  // A value counts once, however many of its characters change.
  void count_once(Refusal refusal, bool& had) {
    if (!had) count(counts_, refusal);
    had = true;
  }

  const Policies& policies_;
  PolicyCounts& counts_;
  bool had_nul_ = false;
  bool had_invalid_ = false;
};

// Appends UTF-8 text with every byte that can't be stored repaired.
void append_repaired(std::string_view text, Repair& repair, std::string& out) {
  while (!text.empty()) {
    const std::size_t at = find_unstorable(text);
    if (at == std::string_view::npos) {
      out.append(text);
      return;
    }
    out.append(text.substr(0, at));
    out.append(text[at] == '\0' ? repair.nul() : repair.invalid());
    text.remove_prefix(at + 1);
  }
}

std::size_t unit_size(mariadb::CharsetForm form) {
  switch (form) {
    case mariadb::CharsetForm::binary:
    case mariadb::CharsetForm::utf8:
    case mariadb::CharsetForm::table: return 1;
    case mariadb::CharsetForm::utf16be:
    case mariadb::CharsetForm::utf16le:
    case mariadb::CharsetForm::ucs2: return 2;
    case mariadb::CharsetForm::utf32: return 4;
  }
  return 1;
}

// Appends `bytes` converted to UTF-8; may still hold U+0000.
void append_converted(const mariadb::Charset& charset, std::string_view bytes, Repair& repair,
                      std::string& out) {
  const std::size_t unit = unit_size(charset.form());
  while (!bytes.empty()) {
    const std::size_t before = out.size();
    const std::size_t at = charset.to_utf8(bytes, out);
    if (at == mariadb::Charset::npos) return;
    // The valid part again: how much of it a failed conversion has appended is not told.
    out.resize(before);
    if (at > 0 && charset.to_utf8(bytes.substr(0, at), out) != mariadb::Charset::npos) {
      refuse(Refusal::invalid_text);
    }
    out.append(repair.invalid());
    bytes.remove_prefix(std::min(bytes.size(), at + unit));
  }
}

}  // namespace

std::string_view storable_text(const ColumnCodec& codec, std::string_view bytes,
                               PolicyCounts& counts) {
  Repair repair(codec.policies, counts);
  if (codec.charset == nullptr || codec.charset->is_utf8()) {
    if (is_storable(bytes)) return bytes;
    std::string& text = scratch();
    append_repaired(bytes, repair, text);
    return text;
  }
  std::string& text = scratch();
  append_converted(*codec.charset, bytes, repair, text);
  if (text.find('\0') != std::string::npos) {
    std::string repaired;
    append_repaired(text, repair, repaired);
    text = std::move(repaired);
  }
  return text;
}

std::string displayable_text(const ColumnCodec& codec, std::string_view bytes) {
  ColumnCodec lenient;
  lenient.charset = codec.charset;
  lenient.policies.nul_byte = NulByte::symbol;
  lenient.policies.invalid_text = InvalidText::replacement;
  PolicyCounts ignored{};
  return std::string(storable_text(lenient, bytes, ignored));
}

bool ascii_is_utf8(const mariadb::Charset& charset) {
  if (charset.is_utf8()) return true;
  std::string text;
  for (char c = 1; c > 0; c = static_cast<char>(c + 1)) {
    text.clear();
    if (charset.to_utf8({&c, 1}, text) != mariadb::Charset::npos || text.size() != 1 ||
        text[0] != c) {
      return false;
    }
    if (c == 127) break;
  }
  return true;
}

}  // namespace godwit::schema
