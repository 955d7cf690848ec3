#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/log_line.hpp"

using namespace godwit::log;

namespace {

constexpr std::string_view kAt = "2026-11-22T03:11:23.103Z";

std::string text_of(const Field& field) {
  return text_line(kAt, Level::info, "e", std::vector{field})
      .substr(std::string("2026-11-22T03:11:23.103Z info e ").size());
}

}  // namespace

TEST_CASE("an event is one line of text") {
  const std::vector<Field> fields = {
      {"tenant", "acme"}, {"rows", 10432}, {"seconds", 1.93}, {"identical", true}};
  CHECK(text_line(kAt, Level::info, "copy.tenant.done", fields) ==
        "2026-11-22T03:11:23.103Z info copy.tenant.done tenant=acme rows=10432 seconds=1.93 "
        "identical=true");
  CHECK(text_line(kAt, Level::warn, "x.y", {}) == "2026-11-22T03:11:23.103Z warn x.y");
}

TEST_CASE("a value can't forge a line, a field or an escape") {
  struct Case {
    std::string value;
    std::string shown;
  };
  const auto c = GENERATE(values<Case>({
      {"acme", "v=acme"},
      {"", "v=\"\""},
      {"two words", "v=\"two words\""},
      {"a=b", "v=\"a=b\""},
      {"say \"hi\"", "v=\"say \\\"hi\\\"\""},
      {"back\\slash", "v=\"back\\\\slash\""},
      {"x\n2026-11-22T03:11:23.103Z error forged",
       "v=\"x\\u000a2026-11-22T03:11:23.103Z error forged\""},
      {"\x1b[31m", "v=\"\\u001b[31m\""},
      {"\xe2\x80\xae", "v=\\u202e"},
      {"\xff", "v=\\xff"},
      {"\xc3\xa9", "v=\xc3\xa9"},
  }));
  CAPTURE(c.value);
  CHECK(text_of({"v", c.value}) == c.shown);
}

TEST_CASE("numbers keep their value") {
  CHECK(text_of({"v", -5}) == "v=-5");
  CHECK(text_of({"v", std::int64_t{9223372036854775807}}) == "v=9223372036854775807");
  CHECK(text_of({"v", 0.1}) == "v=0.1");
  CHECK(text_of({"v", false}) == "v=false");
}

TEST_CASE("the same event as JSON") {
  const std::vector<Field> fields = {
      {"tenant", "a\"\n\xe2\x80\xae\xff"}, {"rows", 3}, {"seconds", 0.5}, {"identical", false}};
  const std::string line = json_line(kAt, Level::error, "verify.done", fields);
  CHECK(line.find('\n') == std::string::npos);
  for (const char c : line)
    CHECK(static_cast<unsigned char>(c) < 0x7f);

  const auto json = nlohmann::ordered_json::parse(line);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items())
    keys.push_back(key);
  CHECK(keys ==
        std::vector<std::string>{"at", "level", "event", "tenant", "rows", "seconds", "identical"});
  CHECK(json["at"] == kAt);
  CHECK(json["level"] == "error");
  CHECK(json["event"] == "verify.done");
  CHECK(json["tenant"] == "a\"\n\xe2\x80\xae\xef\xbf\xbd");
  CHECK(json["rows"] == 3);
  CHECK(json["seconds"] == 0.5);
  CHECK(json["identical"] == false);
}
