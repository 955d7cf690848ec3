// Reading type maps: every mistake at once, with its place.
#include <algorithm>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/schema/type_map.hpp"
#include "godwit/schema/yaml_cursor.hpp"

namespace godwit::schema {
namespace {

std::string mistakes(const std::string& text) {
  Diagnostics diagnostics;
  (void)TypeMap::parse(text, "m.yaml", diagnostics);
  std::string all;
  for (const Diagnostic& diagnostic : diagnostics)
    all += to_string(diagnostic) + "\n";
  return all;
}

const std::string kHead = "version: 1\nname: m\ntypes:\n";

}  // namespace

TEST_CASE("the built-in maps load", "[schema]") {
  CHECK(TypeMap::built_in_names() == std::vector<std::string>{"compact", "default"});
  const std::string name = GENERATE("default", "compact");
  CHECK(TypeMap::load(name).name() == name);
}

TEST_CASE("an unknown map is named with the nearest", "[schema]") {
  try {
    (void)TypeMap::load("defualt");
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plan_invalid);
    CHECK(error.what() == std::string("no type map 'defualt'"));
    CHECK(error.hint().find("did you mean 'default'?") == 0);
  }
  REQUIRE_THROWS_WITH(TypeMap::load("./missing.yaml"), "cannot read the type map ./missing.yaml");
}

TEST_CASE("mistakes in a map are all reported, in the order of the file", "[schema]") {
  struct Case {
    std::string text;
    std::string expected;
  };
  const Case item = GENERATE(values<Case>({
      {"", "m.yaml:1:1: error: expected a map of keys and values, found nothing\n"},
      {"version: 2\nname: m\ntypes: []\n",
       "m.yaml:1:10: error: 'version': expected an integer from 1 to 1, found '2'\n"},
      {"version: \"1\"\nname: m\ntypes: []\n",
       "m.yaml:1:10: error: 'version': expected an integer from 1 to 1, found '1'\n"},
      {"name: m\ntypes: []\n", "m.yaml:1:1: error: missing key 'version'\n"},
      {"version: 1\nname: m\nname: n\ntypes: []\ntypos: []\n",
       "m.yaml:3:1: error: duplicate key 'name', first in line 2\n"
       "m.yaml:5:1: error: unknown key 'typos'; did you mean 'types'?\n"},
      {kHead + "  - { source: imt, target: integer, form: int4 }\n",
       "m.yaml:4:15: error: unknown source type 'imt'; did you mean 'int'?\n"},
      {kHead + "  - { source: date unsigned, target: date, form: date }\n",
       "m.yaml:4:15: error: 'date unsigned' is not a source type; it is written as 'name', "
       "'name(width)' or 'name unsigned'\n"},
      {kHead + "  - { source: uuid, target: uuid, form: uuuid }\n",
       "m.yaml:4:41: error: 'types[0].form': expected uuid, found 'uuuid'; did you mean 'uuid'?\n"},
      {kHead + "  - { source: int, target: integer, form: uuid }\n",
       "m.yaml:4:43: error: 'types[0].form': expected int2 | int4 | int8 | numeric, found "
       "'uuid'\n"},
      {kHead + "  - { source: bit, target: \"bit({lenght})\", form: bit }\n",
       "m.yaml:4:28: error: unknown placeholder '{lenght}'; known here: length\n"},
      {kHead + "  - { source: int, target: integer, form: int4 }\n"
               "  - { source: int, target: bigint, form: int8, extra: 1 }\n",
       "m.yaml:5:5: error: the rule for 'int' is never reached: one before it matches all its "
       "columns\n"
       "m.yaml:5:48: error: unknown key 'extra' in 'types[1]'; known are source, target, form, "
       "check, loss\n"},
      {"version: 1\nname: m\ntypes: []\npolicies: { zero_date: nul, nul_byte: symbol }\n",
       "m.yaml:4:24: error: 'policies.zero_date': expected refuse | null | minus_infinity | text, "
       "found 'nul'; did you mean 'null'?\n"},
      {"version: 1\nname: m\ntypes: []\nalternatives:\n"
       "  - { name: x, source: int, target: bigint, form: int8 }\n"
       "  - { name: x, source: int, target: bigint, form: int8 }\n",
       "m.yaml:6:5: error: a second alternative 'int/x'\n"},
      {"version: 1\nname: &a m\ntypes: *a\n",
       "m.yaml:2:7: error: anchors are not allowed\n"
       "m.yaml:3:8: error: aliases are not allowed\n"
       "m.yaml:3:8: error: 'types': expected a list, found nothing\n"},
  }));
  INFO(item.text);
  CHECK(mistakes(item.text) == item.expected);
}

TEST_CASE("text that is no YAML gives one mistake", "[schema]") {
  const std::string text = mistakes("version: [1\nname: m\n");
  CHECK(text.find("m.yaml:") == 0);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("null is a word for a policy that has it, written or left out", "[schema]") {
  Diagnostics diagnostics;
  const auto map = TypeMap::parse("version: 1\nname: m\ntypes: []\npolicies: { zero_date: null }\n",
                                  "m.yaml", diagnostics);
  CHECK(diagnostics.empty());
  CHECK(map.policies().zero_date == ZeroDate::null);
  CHECK(mistakes("version: 1\nname: m\ntypes: []\npolicies:\n  zero_date:\n")
            .find("expected refuse | null | minus_infinity | text, found nothing") !=
        std::string::npos);
}

TEST_CASE("the YAML cursor reads numbers, sizes, booleans and lists strictly", "[schema]") {
  Diagnostics diagnostics;
  const auto document = YamlDocument::parse(
      "n: 5\nq: \"5\"\nyes_no: yes\nt: true\nsize: 64MiB\nlist: [a, 1, null]\nmap: { a: 1 }\n",
      "f.yaml", diagnostics);
  const YamlCursor root = document.root();
  CHECK(root.find("n")->integer(1, 9) == 5);
  CHECK(root.find("t")->boolean() == true);
  CHECK(root.find("size")->bytes() == 64U * 1024 * 1024);
  CHECK(root.find("map")->entries().front().first == "a");
  CHECK(root.find("missing") == std::nullopt);
  CHECK(diagnostics.empty());
  CHECK(root.find("n")->where() == "f.yaml:1:4");
  CHECK(root.find("q")->integer(1, 9) == std::nullopt);
  CHECK(root.find("yes_no")->boolean() == std::nullopt);
  CHECK(root.find("n")->integer(6, 9) == std::nullopt);
  CHECK(root.find("list")->texts() == std::vector<std::string>{"a", "1"});
  CHECK(root.find("map")->text() == std::nullopt);
  CHECK(to_string(diagnostics) ==
        to_string(Diagnostics{{"f.yaml", 2, 4, "'q': expected an integer from 1 to 9, found '5'"},
                              {"f.yaml", 3, 9, "'yes_no': expected true or false, found 'yes'"},
                              {"f.yaml", 1, 4, "'n': expected an integer from 6 to 9, found '5'"},
                              {"f.yaml", 6, 14, "'list[2]': expected text, found null"},
                              {"f.yaml", 7, 6, "'map': expected text, found a map"}}));
}

}  // namespace godwit::schema
