// Every column type: equal values are found equal, and every kind of corruption is found.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "support/verify_pair.hpp"
#include "support/verify_type_cases.hpp"

using namespace godwit;
using namespace godwit::test;
using schema::TargetForm;
using verify::DifferenceKind;

namespace {

/// Two tables a case, one with a key and one without, three rows each.
void create_tables(VerifyPair& pair, const std::vector<TypeCase>& cases) {
  for (std::size_t index = 0; index < cases.size(); ++index) {
    const TypeCase& test = cases[index];
    for (const std::string prefix : {"k", "u"}) {
      const std::string name = prefix + std::to_string(index);
      INFO(name << ": " << test.source_type << " " << test.source_value);
      TableSpec spec{name,
                     {{"id", "int", "integer", TargetForm::int4},
                      {"c", test.source_type, test.target_type, test.form, test.policies}}};
      if (prefix == "u") spec.key.clear();
      pair.create(spec);
      pair.on_source("INSERT INTO " + name + " VALUES (1, " + test.source_value +
                     "), (2, NULL), (3, " + test.source_value + ")");
      pair.on_target("INSERT INTO " + name + " VALUES (1, " + test.target_value +
                     "), (2, NULL), (3, " + test.target_value + ")");
    }
  }
}

void set_value(VerifyPair& pair, const std::string& table, const std::string& literal) {
  pair.on_target("UPDATE " + table + " SET c = " + literal + " WHERE id = 1");
}

/// One value differs: one difference by key; without a key one row on each side.
void require_found(const verify::TenantResult& result, const std::string& index) {
  const auto keyed = differences_of(result, "k" + index);
  INFO(describe(keyed));
  REQUIRE(keyed.size() == 1);
  CHECK(keyed[0].kind == DifferenceKind::value);
  CHECK(keyed[0].key == "id=1");
  CHECK(keyed[0].column == "c");
  CHECK(keyed[0].source_value != keyed[0].target_value);
  CHECK(table_result(result, "k" + index).differing_rows == 1);
  CHECK(table_result(result, "k" + index).by_key);

  const auto rows = differences_of(result, "u" + index);
  INFO(describe(rows));
  REQUIRE(rows.size() == 2);
  for (const verify::Difference& row : rows) {
    CHECK(row.kind == DifferenceKind::count);
    CHECK(row.key.rfind("id=1, c=", 0) == 0);
    CHECK(row.source_value != row.target_value);
  }
  CHECK(table_result(result, "u" + index).differing_rows == 2);
  CHECK_FALSE(table_result(result, "u" + index).by_key);
}

void check_cases(const std::vector<TypeCase>& cases) {
  VerifyPair pair;
  pair.on_source("SET sql_mode = ''");
  create_tables(pair, cases);
  const verify::TenantResult clean = pair.compare();
  INFO(describe(clean.differences));
  REQUIRE(clean.identical());
  REQUIRE(clean.tables.size() == 2 * cases.size());
  const verify::TenantResult digests = pair.compare_by_digest();
  INFO(describe(digests.differences));
  REQUIRE(digests.identical());
  for (std::size_t index = 0; index < digests.tables.size(); ++index) {
    // its digest is enough: nothing is merged
    INFO(digests.tables[index].table);
    CHECK_FALSE(digests.tables[index].by_key);
    CHECK(digests.tables[index].source_rows == 3);
    CHECK(digests.tables[index].target_rows == 3);
    CHECK(digests.tables[index].bytes == clean.tables[index].bytes);
  }

  // The n-th corruption of every case at once: each must be found, nothing else.
  bool more = true;
  for (std::size_t round = 0; more; ++round) {
    more = false;
    for (std::size_t index = 0; index < cases.size(); ++index) {
      const TypeCase& test = cases[index];
      const bool corrupt = round < test.corruptions.size();
      more = more || corrupt;
      for (const std::string prefix : {"k", "u"}) {
        set_value(pair, prefix + std::to_string(index),
                  corrupt ? test.corruptions[round] : test.target_value);
      }
    }
    const verify::TenantResult result = pair.compare();
    // a digest says that there is something to find, and then the same is found
    const verify::TenantResult digested = pair.compare_by_digest();
    for (std::size_t index = 0; index < cases.size(); ++index) {
      const TypeCase& test = cases[index];
      const std::string number = std::to_string(index);
      if (round < test.corruptions.size()) {
        INFO(test.source_type << " " << test.source_value << " against "
                              << test.corruptions[round]);
        require_found(result, number);
        require_found(digested, number);
      } else {
        INFO(test.source_type << " " << test.source_value << " unchanged");
        REQUIRE(differences_of(result, "k" + number).empty());
        REQUIRE(differences_of(result, "u" + number).empty());
        REQUIRE(differences_of(digested, "k" + number).empty());
        REQUIRE(differences_of(digested, "u" + number).empty());
      }
    }
  }
}

}  // namespace

TEST_CASE("Numbers: equal ones are equal, every corruption is found", "[verify_types]") {
  check_cases(number_cases());
}

TEST_CASE("Dates and times: equal ones are equal, every corruption is found", "[verify_types]") {
  check_cases(temporal_cases());
}

TEST_CASE("Texts: equal ones are equal, every corruption is found", "[verify_types]") {
  check_cases(text_cases());
}

TEST_CASE("Bytes: equal ones are equal, every corruption is found", "[verify_types]") {
  check_cases(byte_cases());
}

namespace {

struct RefusedCase {
  std::string source_type;
  std::string source_value;
  std::string target_type;
  TargetForm form;
  std::string target_value;  // what a careless copy would have made of it
  std::string message;       // part of what the difference shows
};

}  // namespace

TEST_CASE("A value that the policies refuse equals nothing", "[verify_types]") {
  using enum TargetForm;
  const std::vector<RefusedCase> cases = {
      {"date", "'0000-00-00'", "date", date, "NULL", "zero or partial date"},
      {"date", "'2023-02-31'", "date", date, "'2023-03-03'", "no such day: '2023-02-31"},
      {"datetime", "'2024-00-15 10:00:00'", "timestamp", timestamp, "'2024-01-15 10:00:00'",
       "zero or partial date: '2024-00-15 10:00:00"},
      {"tinyint(1)", "2", "boolean", boolean, "true", "neither 0 nor 1: '2'"},
      {"varchar(9)", "0x610062", "varchar(9)", text, "'ab'", "'a\\u0000b'"},
      {"varchar(9) character set sjis", "0x85B0", "varchar(9)", text, "'?'",
       "not valid in its charset: \\x85b0"},
      {"varchar(9) character set ucs2", "0xD800", "varchar(9)", text, "'?'", "\\xeda080"},
      {"enum('x')", "'nonsense'", "text", text, "''", "the error value of ENUM"},
      {"set('','x')", "1", "text", text, "''", "a set of the member ''"},
      {"json", R"('"\\u0000"')", "jsonb", jsonb, R"('""')", "not JSON that jsonb can hold"},
  };
  VerifyPair pair;
  pair.on_source("SET sql_mode = 'ALLOW_INVALID_DATES'");
  for (std::size_t index = 0; index < cases.size(); ++index) {
    const RefusedCase& test = cases[index];
    for (const std::string prefix : {"k", "u"}) {
      const std::string name = prefix + std::to_string(index);
      TableSpec spec{name,
                     {{"id", "int", "integer", TargetForm::int4},
                      {"c", test.source_type, test.target_type, test.form}}};
      if (prefix == "u") spec.key.clear();
      pair.create(spec);
      pair.on_source("INSERT INTO " + name + " VALUES (1, " + test.source_value + ")");
      pair.on_target("INSERT INTO " + name + " VALUES (1, " + test.target_value + ")");
    }
  }
  const verify::TenantResult result = pair.compare();
  for (std::size_t index = 0; index < cases.size(); ++index) {
    const auto keyed = differences_of(result, "k" + std::to_string(index));
    INFO(cases[index].source_type << " " << cases[index].source_value << "\n" << describe(keyed));
    REQUIRE(keyed.size() == 1);
    CHECK_THAT(keyed[0].source_value, Catch::Contains(cases[index].message));
    CHECK(differences_of(result, "u" + std::to_string(index)).size() == 2);
  }
}
