#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/text.hpp"

using namespace godwit;

TEST_CASE("what could drive a terminal is escaped, everything else stays") {
  struct Case {
    std::string text;
    std::string shown;
  };
  const auto c = GENERATE(values<Case>({
      {"plain name", "plain name"},
      {"\xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
       "\xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"a\nb\tc\r", "a\\u000ab\\u0009c\\u000d"},
      {"\x1b[2J", "\\u001b[2J"},
      {std::string("a\0b", 3), "a\\u0000b"},
      {"\x7f", "\\u007f"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},                   // C1: CSI
      {"x\xe2\x80\xaey", "x\\u202ey"},  // right-to-left override
      {"x\xe2\x81\xa6y", "x\\u2066y"},  // isolate
      {"x\xd8\x9cy", "x\\u061cy"},      // Arabic letter mark
      {"x\xe2\x80\xa8y", "x\\u2028y"},  // line separator
      {"bad\xff\xc3", "bad\\xff\\xc3"},
      {"\\ and \"", "\\ and \""},
      {"", ""},
  }));
  CAPTURE(c.text);
  CHECK(printable(c.text) == c.shown);
}

TEST_CASE("the first byte that is not UTF-8 is found") {
  struct Case {
    std::string text;
    std::optional<std::size_t> place;
  };
  const auto none = std::optional<std::size_t>();
  const auto c = GENERATE_COPY(values<Case>({
      {"", none},
      {"plain ascii text that is longer than one word", none},
      {std::string("\0", 1), none},
      {"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
       none},
      {"\x80", 0},
      {"12345678\xff", 8},
      {"1234567\xff"
       "90123456",
       7},
      {"a\xc0\x80", 1},  // overlong NUL
      {"a\xc1\xbf", 1},
      {"a\xe0\x9f\xbf", 1},      // overlong
      {"a\xed\xa0\x80", 1},      // surrogate (CESU-8)
      {"a\xf0\x8f\xbf\xbf", 1},  // overlong
      {"a\xf4\x90\x80\x80", 1},  // above U+10FFFF
      {"a\xf5\x80\x80\x80", 1},
      {"abc\xe2\x82", 3},  // cut off
      {"abc\xe2", 3},
      {"\xe2\x82\xac\xe2\x28\xa1", 3},
  }));
  CAPTURE(c.text);
  CHECK(first_invalid_utf8(c.text) == c.place);
}

TEST_CASE("an invalid byte is found at every offset of a long text") {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\xfe';
    CHECK(first_invalid_utf8(text) == at);
  }
}

TEST_CASE("the nearest word is at most two edits away") {
  const std::vector<std::string_view> words = {"waves", "clusters", "source", "uri", "lanes"};
  struct Case {
    std::string_view word;
    std::string_view found;
  };
  const auto c = GENERATE(values<Case>({{"wave", "waves"},
                                        {"wavse", "waves"},
                                        {"lane", "lanes"},
                                        {"cluster", "clusters"},
                                        {"clustre", "clusters"},
                                        {"sauce", "source"},
                                        {"url", "uri"},
                                        {"x", ""},
                                        {"ab", ""},
                                        {"frobnicate", ""},
                                        {"", ""}}));
  CAPTURE(c.word);
  CHECK(nearest(c.word, words) == c.found);
}

TEST_CASE("the nearer of two words is taken") {
  const std::vector<std::string_view> words = {"lines", "lanes"};
  CHECK(nearest("lanez", words) == "lanes");
  CHECK(nearest("linez", words) == "lines");
}

TEST_CASE("sizes are read with decimal and binary units") {
  struct Case {
    std::string_view text;
    std::optional<std::uint64_t> bytes;
  };
  const auto none = std::optional<std::uint64_t>();
  const auto c = GENERATE_COPY(values<Case>({
      {"0", 0},
      {"4096", 4096},
      {"4096B", 4096},
      {"10k", 10'000},
      {"10K", 10'000},
      {"10kB", 10'000},
      {"1M", 1'000'000},
      {"1GB", 1'000'000'000},
      {"2T", 2'000'000'000'000},
      {"64Ki", 65'536},
      {"64MiB", 67'108'864},
      {"1GiB", 1'073'741'824},
      {"1TiB", 1'099'511'627'776},
      {"18446744073709551615", std::numeric_limits<std::uint64_t>::max()},
      {"18446744073709551616", none},
      {"16777216TiB", none},
      {"16777215TiB", 16777215ULL << 40U},
      {"", none},
      {"MiB", none},
      {"-1", none},
      {"+1", none},
      {"1.5M", none},
      {"1 M", none},
      {"1m", none},
      {"1Mib", none},
      {"1MB ", none},
      {"1E", none},
      {"0x10", none},
  }));
  CAPTURE(c.text);
  CHECK(parse_bytes(c.text) == c.bytes);
}

TEST_CASE("counts and times with a unit") {
  CHECK(parse_count("0") == 0U);
  CHECK(parse_count("40") == 40U);
  CHECK(parse_count("10k") == 10'000U);
  CHECK(parse_count("1M") == 1'000'000U);
  for (const char* text : {"", "k", "1MB", "1Mi", "1.5k", "-1", "1 k", "18446744073709551615k"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_count(text));
  }
  CHECK(parse_duration("10s") == std::chrono::seconds(10));
  CHECK(parse_duration("5m") == std::chrono::minutes(5));
  CHECK(parse_duration("2h") == std::chrono::hours(2));
  CHECK(parse_duration("7d") == std::chrono::hours(168));
  for (const char* text : {"", "s", "10", "10ms", "1.5h", "-1s", "18446744073709551615s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("sizes and counts are shown for people") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(1049) == "1.0 kB");
  CHECK(human_bytes(1050) == "1.1 kB");
  CHECK(human_bytes(999'949) == "999.9 kB");
  CHECK(human_bytes(999'950) == "1.0 MB");
  CHECK(human_bytes(1'234'567) == "1.2 MB");
  CHECK(human_bytes(20'000'000'000) == "20.0 GB");
  CHECK(human_bytes(std::numeric_limits<std::uint64_t>::max()) == "18.4 EB");
  CHECK(human_count(0) == "0");
  CHECK(human_count(999) == "999");
  CHECK(human_count(1000) == "1,000");
  CHECK(human_count(1'234'567) == "1,234,567");
  CHECK(human_count(std::numeric_limits<std::uint64_t>::max()) == "18,446,744,073,709,551,615");
}

TEST_CASE("small text helpers") {
  CHECK(join({}, ", ").empty());
  CHECK(join({"a"}, ", ") == "a");
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(lowercase_ascii("AbC-\xc3\x84Z") == "abc-\xc3\x84z");
}
