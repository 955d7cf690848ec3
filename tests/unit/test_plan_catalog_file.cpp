#include <catch2/catch.hpp>

#include "godwit/plan/catalog_file.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

std::string problems(const std::string& text) {
  Diagnostics diagnostics;
  parse_catalog(text, "t.jsonl", diagnostics);
  return to_string(diagnostics);
}

}  // namespace

TEST_CASE("a catalog file has a tenant a line") {
  Diagnostics diagnostics;
  const CatalogFile catalog = parse_catalog(
      "{\"tenant\": \"acme\", \"database\": \"crm_1\", \"tables\": 40, \"rows\": 7, \"bytes\": 9}\n"
      "\r\n"
      "{\"bytes\": 18446744073709551615, \"tenant\": \"b\\u00e9\"}",
      "t.jsonl", diagnostics);
  REQUIRE(diagnostics.empty());
  REQUIRE(catalog.tenants.size() == 2);
  REQUIRE(catalog.databases.size() == 2);
  CHECK(catalog.tenants[0].tenant == "acme");
  CHECK(catalog.tenants[0].database == "crm_1");
  CHECK(catalog.databases[0].name == "crm_1");
  CHECK(catalog.databases[0].tables == 40);
  CHECK(catalog.databases[0].row_estimate == 7);
  CHECK(catalog.databases[0].bytes == 9);
  CHECK(catalog.tenants[1].tenant == "bé");
  CHECK(catalog.tenants[1].database == "bé");
  CHECK(catalog.databases[1].bytes == 18446744073709551615ULL);
  CHECK(catalog.databases[1].tables == 0);
}

TEST_CASE("mistakes in a catalog file have their line, and all are reported") {
  CHECK(problems("{\"tenant\": \"a\"}\n{\"tenant\": \"\"}\n{\"database\": \"a\"}\n7\n{\n") ==
        "t.jsonl:2:1: error: expected a text 'tenant' that is not empty\n"
        "t.jsonl:3:1: error: expected a text 'tenant' that is not empty\n"
        "t.jsonl:4:1: error: expected a JSON object, such as {\"tenant\": \"acme\", \"bytes\": "
        "9000000}\n"
        "t.jsonl:5:1: error: expected a JSON object, such as {\"tenant\": \"acme\", \"bytes\": "
        "9000000}");
  CHECK(problems("{\"tenant\": \"a\", \"byte\": 1}") ==
        "t.jsonl:1:1: error: unknown key 'byte'; did you mean 'bytes'?");
  for (const char* value : {"-1", "1.5", "\"7\"", "null"}) {
    CAPTURE(value);
    CHECK(problems("{\"tenant\": \"a\", \"rows\": " + std::string(value) + "}") ==
          "t.jsonl:1:1: error: 'rows': expected a whole number of at least 0");
  }
  CHECK(problems("{\"tenant\": \"a\"}\n{\"tenant\": \"a\", \"database\": \"b\"}") ==
        "t.jsonl:2:1: error: the tenant 'a' stands in line 1 already");
  CHECK(problems("{\"tenant\": \"a\"}\n{\"tenant\": \"b\", \"database\": \"a\"}") ==
        "t.jsonl:2:1: error: the database 'a' stands in line 1 already");
}

TEST_CASE("a file of another kind is not reported line by line to its end") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "tenant,bytes\n";
  Diagnostics diagnostics;
  parse_catalog(text, "t.csv", diagnostics);
  CHECK(diagnostics.size() == 20);
}
