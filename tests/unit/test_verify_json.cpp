// JSON in canonical form: what jsonb keeps makes a difference, what it drops makes none.
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "verify/json_form.hpp"

using godwit::verify::canonical_json;

namespace {

std::string form(const std::string& json) {
  std::string text;
  INFO(json);
  REQUIRE(canonical_json(json, text));
  return text;
}

}  // namespace

TEST_CASE("Spellings that jsonb doesn't keep are equal", "[verify]") {
  const std::vector<std::pair<std::string, std::string>> equal = {
      {R"({"a":1,"b":2})", " {\n\"b\" : 2 ,\t\"a\":1}\r\n"},
      {R"({"a":1,"a":2})", R"({"a":2})"},
      {R"({"a":{"x":1},"a":[]})", R"({"a":[]})"},
      {"1.0", "1"},
      {"10e-1", "1"},
      {"1E+2", "100"},
      {"0.00120", "1.2e-3"},
      {"-0", "0"},
      {"0e999", "0"},
      {R"("\u00e9\/\n\u0041")", "\"é/\\nA\""},
      {R"("\ud83d\ude00")", "\"😀\""},
      {"1e400", "10e399"},
      {"[]", "[ ]"},
      {"{}", "{ }"},
  };
  for (const auto& [left, right] : equal)
    CHECK(form(left) == form(right));
}

TEST_CASE("Different JSON has different forms", "[verify]") {
  const std::vector<std::pair<std::string, std::string>> different = {
      {R"({"a":1,"a":2})", R"({"a":1})"},
      {"[1,2]", "[2,1]"},
      {"[1,2]", "[12]"},
      {"[[1],2]", "[[1,2]]"},
      {"1", "\"1\""},
      {"1", "-1"},
      {"1", "10"},
      {"1.5", "15"},
      {"12345678901234567890123", "12345678901234567890124"},
      {"null", "\"null\""},
      {"true", "false"},
      {R"({"a":null})", "{}"},
      {R"({"a":"b"})", R"({"b":"a"})"},
      {R"(["a","b"])", R"(["ab"])"},
      {R"("a")", R"("A")"},
      {R"("a ")", R"("a")"},
      {R"({"1:a":1})", R"({"1":"a"})"},
  };
  for (const auto& [left, right] : different) {
    INFO(left << " and " << right);
    CHECK(form(left) != form(right));
  }
}

TEST_CASE("What jsonb can't hold has no form", "[verify]") {
  std::string text;
  for (const std::string json : {"",
                                 " ",
                                 "{",
                                 "[1,]",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{a:1}",
                                 "01",
                                 "+1",
                                 "1.",
                                 ".5",
                                 "1e",
                                 "- 1",
                                 "nul",
                                 "\"a",
                                 "\"\\x\"",
                                 "\"\\u12\"",
                                 "\"\\u12g4\"",
                                 "\"\\u0000\"",
                                 "\"\\ud83d\"",
                                 "\"\\ude00\"",
                                 "\"\\ud83d\\u0041\"",
                                 "\"\n\"",
                                 "1 2",
                                 "[1] x",
                                 "\"\xC3\"",
                                 "'a'",
                                 "NaN"}) {
    INFO(json);
    CHECK_FALSE(canonical_json(json, text));
  }
  CHECK_FALSE(canonical_json(std::string(100'000, '['), text));
  CHECK(canonical_json(std::string(400, '[') + std::string(400, ']'), text));
}
