#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "godwit/core/text.hpp"
#include "json_form.hpp"
#include "source_readers.hpp"

namespace godwit::verify {

using schema::InvalidEnum;
using schema::InvalidText;
using schema::NulByte;
using schema::TargetForm;

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kNulSymbol = "\xE2\x90\x80";    // U+2400

/// Each byte that no valid sequence starts at becomes U+FFFD.
std::string with_replacements(std::string_view text) {
  std::string result;
  while (const auto bad = first_invalid_utf8(text)) {
    result.append(text.substr(0, *bad));
    result.append(kReplacement);
    text.remove_prefix(*bad + 1);
  }
  return result.append(text);
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

/// The same for bytes of another charset, by its code units.
std::string with_replacements(const mariadb::Charset& charset, std::string_view bytes) {
  std::string result;
  std::string part;
  while (true) {
    part.clear();
    const std::size_t bad = charset.to_utf8(bytes, part);
    if (bad == mariadb::Charset::npos) return result + part;
    part.clear();
    charset.to_utf8(bytes.substr(0, bad), part);
    result += part;
    result += kReplacement;
    bytes.remove_prefix(std::min(bytes.size(), bad + unit_size(charset.form())));
  }
}

std::string with_nul_symbols(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (character == '\0') {
      result.append(kNulSymbol);
    } else {
      result += character;
    }
  }
  return result;
}

/// UTF-8 text (valid or already repaired) in the target's form. Under the policies `refuse` it
/// isn't checked here: PostgreSQL holds only valid text without U+0000, so nothing else can be
/// equal to it.
void set_text(const SourceColumn& column, std::string_view text, Scratch& scratch, Cell& cell) {
  if (column.policies.nul_byte == NulByte::symbol && text.find('\0') != std::string_view::npos) {
    scratch.bytes = with_nul_symbols(text);
    text = scratch.bytes;
  }
  if (column.form == TargetForm::jsonb) {
    if (!canonical_json(text, scratch.form)) {
      return set_flaw(cell, "not JSON that jsonb can hold", text);
    }
    cell.shown = text;
    text = scratch.form;
  }
  set_view(cell, text);
}

void set_invalid_member(const SourceColumn& column, const char* what, Cell& cell) {
  switch (column.policies.invalid_enum) {
    case InvalidEnum::refuse: return set_flaw(cell, what, "");
    case InvalidEnum::empty: return set_view(cell, std::string_view(""));
    case InvalidEnum::null: return set_null(cell);
  }
}

/// The number behind an ENUM or SET column.
bool member_number(const mariadb::RawValue& value, std::uint64_t& number) {
  Integer integer;
  if (!load_integer(value, true, integer)) return false;
  number = integer.bits;
  return true;
}

}  // namespace

void read_bytes(const SourceColumn&, SourceValues values, Scratch&, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  set_view(cell, values[0].data, values[0].size);
}

void read_utf8(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  std::string_view text = text_of(values[0]);
  if (column.policies.invalid_text == InvalidText::replacement && first_invalid_utf8(text)) {
    scratch.bytes = with_replacements(text);
    text = scratch.bytes;
  }
  set_text(column, text, scratch, cell);
}

void read_converted(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[1].is_null() && values[2].is_null()) return set_null(cell);
  const bool replaces = column.policies.invalid_text == InvalidText::replacement;
  Integer lossless;
  const std::string_view text = text_of(values[0]);
  if (load_integer(values[1], false, lossless) && lossless.bits == 1 &&
      !(replaces && first_invalid_utf8(text))) {  // lone surrogates of ucs2 convert both ways
    return set_text(column, text, scratch, cell);
  }
  if (!replaces) return set_flaw(cell, "not valid in its charset", text_of(values[2]));
  scratch.bytes = with_replacements(*column.charset, text_of(values[2]));
  set_text(column, scratch.bytes, scratch, cell);
}

void read_enum(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  std::uint64_t index = 0;
  if (!member_number(values[0], index) || index > column.members.size()) {
    return set_flaw(cell, "not a member", text_of(values[0]));
  }
  if (index == 0) return set_invalid_member(column, "the error value of ENUM", cell);
  set_text(column, column.members[index - 1], scratch, cell);
}

void read_set(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  std::uint64_t mask = 0;
  if (!member_number(values[0], mask)) return set_flaw(cell, "not a set", text_of(values[0]));
  const bool as_array = column.form == TargetForm::text_array;
  scratch.bytes.clear();
  bool first = true;
  for (std::size_t index = 0; index < column.members.size(); ++index) {
    if ((mask >> index & 1U) == 0) continue;
    if (as_array) {
      append_element(scratch, column.members[index]);
    } else {
      if (!first) scratch.bytes += ',';
      scratch.bytes += column.members[index];
    }
    first = false;
  }
  if (mask != 0 && scratch.bytes.empty()) {
    return set_invalid_member(column, "a set of the member '', which reads as the empty set", cell);
  }
  set_view(cell, scratch.bytes);
}

void read_uuid(const SourceColumn&, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  const std::string_view text = text_of(values[0]);
  std::size_t count = 0;
  for (std::size_t at = 0; at + 1 < text.size() && count < 16; at += 2) {
    if (text[at] == '-') ++at;
    std::uint8_t byte = 0;
    const char* end = text.data() + std::min(at + 2, text.size());
    const auto result = std::from_chars(text.data() + at, end, byte, 16);
    if (result.ec != std::errc() || result.ptr != end) break;
    scratch.fixed[count++] = static_cast<std::byte>(byte);
  }
  if (count != 16 || text.size() != 36) return set_flaw(cell, "not a UUID", text);
  set_view(cell, scratch.fixed.data(), count);
}

void read_inet(const SourceColumn&, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  scratch.bytes = text_of(values[0]);
  std::array<std::byte, 16> address;
  const bool six = scratch.bytes.find(':') != std::string::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, scratch.bytes.c_str(), address.data()) != 1) {
    return set_flaw(cell, "not an address", scratch.bytes);
  }
  const std::size_t size = six ? 16 : 4;
  set_inet(cell, scratch, {address.data(), size}, static_cast<std::uint8_t>(8 * size), 0);
}

}  // namespace godwit::verify
