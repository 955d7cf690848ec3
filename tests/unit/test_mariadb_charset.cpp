#include <catch2/catch.hpp>

#include <string>

#include "godwit/mariadb/charset.hpp"

using godwit::mariadb::Charset;
using godwit::mariadb::CharsetForm;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values)
    result += static_cast<char>(value);
  return result;
}

}  // namespace

TEST_CASE("Unicode charsets become UTF-8") {
  struct Case {
    CharsetForm form;
    std::string text;
    std::string utf8;
    std::size_t invalid;
  };
  constexpr std::size_t kAll = Charset::npos;
  const auto c = GENERATE_COPY(values<Case>({
      {CharsetForm::utf8, "", "", kAll},
      {CharsetForm::utf8, "a\xc3\xa9", "a\xc3\xa9", kAll},
      {CharsetForm::utf8, "a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80", kAll},
      {CharsetForm::utf8, "ab\xff", "ab", 2},
      {CharsetForm::utf8, "ab\xed\xa0\x80", "ab", 2},
      {CharsetForm::utf8, "a\xc3", "a", 1},
      {CharsetForm::utf16be, bytes({0, 'a', 0, 0xE9, 0x20, 0xAC}), "a\xc3\xa9\xe2\x82\xac", kAll},
      {CharsetForm::utf16be, bytes({0xD8, 0x3D, 0xDE, 0x00}), "\xf0\x9f\x98\x80", kAll},
      {CharsetForm::utf16be, bytes({0xDB, 0xFF, 0xDF, 0xFF}), "\xf4\x8f\xbf\xbf", kAll},
      {CharsetForm::utf16be, bytes({0, 'a', 0xD8, 0x3D}), "a", 2},
      {CharsetForm::utf16be, bytes({0, 'a', 0xD8, 0x3D, 0, 'b'}), "a", 2},
      {CharsetForm::utf16be, bytes({0, 'a', 0xDE, 0x00}), "a", 2},
      {CharsetForm::utf16be, bytes({0, 'a', 0}), "a", 2},
      {CharsetForm::utf16le, bytes({'a', 0, 0x3D, 0xD8, 0x00, 0xDE}), "a\xf0\x9f\x98\x80", kAll},
      {CharsetForm::utf16le, bytes({0x00, 0xDE}), "", 0},
      {CharsetForm::ucs2, bytes({0xFF, 0xFD}), "\xef\xbf\xbd", kAll},
      {CharsetForm::ucs2, bytes({0, 'a', 0xD8, 0x3D, 0xDE, 0x00}), "a", 2},
      {CharsetForm::utf32, bytes({0, 1, 0xF6, 0}), "\xf0\x9f\x98\x80", kAll},
      {CharsetForm::utf32, bytes({0, 0x10, 0xFF, 0xFF}), "\xf4\x8f\xbf\xbf", kAll},
      {CharsetForm::utf32, bytes({0, 0, 0, 'a', 0, 0x11, 0, 0}), "a", 4},
      {CharsetForm::utf32, bytes({0, 0, 0xD8, 0}), "", 0},
      {CharsetForm::utf32, bytes({0, 0, 0, 'a', 0, 0, 0}), "a", 4},
      {CharsetForm::binary, "", "", kAll},
      {CharsetForm::binary, "a", "", 0},
  }));
  CAPTURE(static_cast<int>(c.form), c.text);
  std::string out = "<";
  CHECK(Charset("x", c.form).to_utf8(c.text, out) == c.invalid);
  CHECK(out == "<" + c.utf8);
}
