// Every type once through insert, update and delete, by key and by all bytes of the row.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "support/apply_pair.hpp"
#include "support/codec_case_list.hpp"

using namespace godwit;
using test::CodecCase;

namespace {

constexpr const char* kSession =
    "SET sql_mode = 'ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
    "check_constraint_checks = 0;";

std::vector<CodecCase> accepted_cases() {
  std::vector<CodecCase> cases;
  for (CodecCase& one : test::all_codec_cases()) {
    if (one.expected.find("refused: ") != 0) cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace

TEST_CASE("each type follows its changes", "[apply_types]") {
  const std::vector<CodecCase> cases = accepted_cases();
  std::string setup = kSession;
  schema::SchemaOptions options;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string number = std::to_string(i);
    setup += "CREATE TABLE k" + number + " (id INT PRIMARY KEY, v " + cases[i].type +
             "); CREATE TABLE n" + number + " (v " + cases[i].type + ");";
    options.columns["k" + number + ".v"] = cases[i].plan;
    options.columns["n" + number + ".v"] = cases[i].plan;
  }
  test::ApplyPair pair(setup, options);
  pair.run(kSession);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string keyed = "k" + std::to_string(i);
    const std::string plain = "n" + std::to_string(i);
    const std::string& value = cases[i].value;
    pair.run("INSERT INTO " + keyed + " VALUES (1, " + value + "), (2, NULL), (3, " + value +
             "); UPDATE " + keyed + " SET v = " + value + " WHERE id = 2; UPDATE " + keyed +
             " SET v = NULL WHERE id = 1; DELETE FROM " + keyed + " WHERE id = 3");
    // several rows in a statement
    pair.run("INSERT INTO " + keyed + " VALUES (11, " + value + "), (12, NULL), (13, NULL), (14, " +
             value + "); UPDATE " + keyed + " SET v = " + value + " WHERE id IN (12, 13); UPDATE " +
             keyed + " SET v = NULL WHERE id IN (11, 14); DELETE FROM " + keyed +
             " WHERE id IN (11, 13)");
    pair.run("INSERT INTO " + plain + " VALUES (" + value + "), (" + value + "), (" + value +
             "); DELETE FROM " + plain + " LIMIT 1; UPDATE " + plain +
             " SET v = NULL LIMIT 1; UPDATE " + plain + " SET v = " + value + " WHERE v IS NULL");
  }
  const apply::ApplyResult result = pair.follow();
  INFO(test::describe(result));
  REQUIRE(result.end == apply::ApplyEnd::drained);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].type, cases[i].value.substr(0, 200));
    const std::string number = std::to_string(i);
    const std::string select = "SELECT " + cases[i].show + " FROM ";
    CHECK(pair.target_value(select + "k" + number + " WHERE id = 2") == cases[i].expected);
    CHECK(pair.target_value(select + "k" + number + " WHERE id = 12") == cases[i].expected);
    CHECK(pair.target_value(select + "n" + number + " LIMIT 1") == cases[i].expected);
    CHECK(pair.target_value("SELECT count(*) FROM k" + number) == "4");
    CHECK(pair.target_value("SELECT count(*) FROM n" + number) == "2");
    CHECK(
        pair.target_value("SELECT count(DISTINCT v::text) + count(*) FILTER (WHERE v IS NULL) / 2 "
                          "FROM n" +
                          number) == "1");
  }
}
