#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "mariadb/grants.hpp"

using godwit::mariadb::exact_pattern;
using godwit::mariadb::Grants;
using godwit::mariadb::pattern_matches;

namespace {

Grants parse(const std::vector<std::string>& lines) { return Grants::parse(lines, false); }

}  // namespace

TEST_CASE("a grant's database pattern") {
  struct Case {
    const char* pattern;
    const char* database;
    bool matches;
  };
  const auto c = GENERATE(values<Case>({
      {"crm", "crm", true},
      {"crm", "crm2", false},
      {"crm", "CRM", false},
      {"crm\\_%", "crm_0001", true},
      {"crm\\_%", "crmx0001", false},
      {"crm_%", "crmx0001", true},
      {"t_1", "tA1", true},
      {"t\\_1", "tA1", false},
      {"t\\_1", "t_1", true},
      {"t_1", "té1", true},
      {"t_1", "t1", false},
      {"%", "", true},
      {"%", "any", true},
      {"%a%b", "xaybzb", true},
      {"%a%b", "xayc", false},
      {"a\\%", "a%", true},
      {"a\\%", "ab", false},
      {"a\\\\b", "a\\b", true},
      {"", "", true},
      {"", "a", false},
  }));
  CAPTURE(c.pattern, c.database);
  CHECK(pattern_matches(c.pattern, c.database) == c.matches);
}

TEST_CASE("an exact pattern matches its database only") {
  CHECK(exact_pattern("crm_1") == "crm\\_1");
  CHECK(exact_pattern("a%b\\") == "a\\%b\\\\");
  CHECK(pattern_matches(exact_pattern("t_1"), "t_1"));
  CHECK_FALSE(pattern_matches(exact_pattern("t_1"), "tA1"));
}

TEST_CASE("grants on everything, on databases and on tables") {
  const Grants grants = parse({
      "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `godwit`@`%` REQUIRE SSL",
      "GRANT USAGE ON *.* TO `godwit`@`%` IDENTIFIED BY PASSWORD '*0123' WITH GRANT OPTION",
      "GRANT SELECT, LOCK TABLES ON `crm\\_%`.* TO `godwit`@`%`",
      "GRANT SELECT ON `mysql`.`proc` TO `godwit`@`%`",
      "GRANT SELECT (`a`, `b, c`), INSERT ON `lab`.`t` TO `godwit`@`%`",
      "GRANT EXECUTE ON PROCEDURE `crm_1`.`p` TO `godwit`@`%`",
      "GRANT PROXY ON ``@`%` TO `godwit`@`%` WITH GRANT OPTION",
      "SET DEFAULT ROLE `r` FOR `godwit`@`%`",
  });
  CHECK(grants.has_global("REPLICATION SLAVE"));
  CHECK(grants.has_global("BINLOG MONITOR"));
  CHECK_FALSE(grants.has_global("SELECT"));
  CHECK(grants.has("SELECT", "crm_1"));
  CHECK(grants.has("LOCK TABLES", "crm_1"));
  CHECK_FALSE(grants.has("EVENT", "crm_1"));
  CHECK_FALSE(grants.has("EXECUTE", "crm_1"));
  CHECK_FALSE(grants.has("SELECT", "crmx1"));
  CHECK(grants.has("SELECT", "mysql", "proc"));
  CHECK_FALSE(grants.has("SELECT", "mysql", "event"));
  CHECK(grants.has("INSERT", "lab", "t"));
  CHECK_FALSE(grants.has("SELECT", "lab", "t"));  // on two columns only
}

TEST_CASE("ALL PRIVILEGES holds every privilege of its level") {
  const Grants global = parse({"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`"});
  CHECK(global.has_global("SUPER"));
  CHECK(global.has("EVENT", "any"));
  const Grants database = parse({"GRANT ALL PRIVILEGES ON `crm`.* TO `a`@`b`"});
  CHECK(database.has("EVENT", "crm"));
  CHECK_FALSE(database.has("EVENT", "other"));
  CHECK_FALSE(database.has_global("SUPER"));
}

TEST_CASE("of one account's patterns only the most specific counts") {
  const Grants grants = parse({
      "GRANT SELECT ON `crm\\_0001`.* TO `g`@`%`",
      "GRANT EVENT ON `crm%`.* TO `g`@`%`",
      "GRANT TRIGGER ON `%`.* TO `g`@`%`",
  });
  CHECK(grants.has("SELECT", "crm_0001"));
  CHECK_FALSE(grants.has("EVENT", "crm_0001"));
  CHECK(grants.has("EVENT", "crm_0002"));
  CHECK_FALSE(grants.has("TRIGGER", "crm_0002"));
  CHECK(grants.has("TRIGGER", "shop"));
}

TEST_CASE("an active role adds its grants to the account's") {
  const Grants grants = parse({
      "GRANT `reader` TO `g`@`%`",
      "GRANT USAGE ON *.* TO `g`@`%`",
      "GRANT SELECT ON `crm\\_0001`.* TO `g`@`%`",
      "GRANT EVENT ON `crm\\_%`.* TO `reader`",
  });
  CHECK(grants.has("SELECT", "crm_0001"));
  CHECK(grants.has("EVENT", "crm_0001"));
  CHECK_FALSE(grants.has("SELECT", "crm_0002"));
}

TEST_CASE("names with backticks, spaces and the word TO") {
  const Grants grants = parse({"GRANT SELECT ON `a`` TO `.* TO `g x`@`%`"});
  CHECK(grants.has("SELECT", "a` TO "));
  CHECK_FALSE(grants.has("SELECT", "a"));
}

TEST_CASE("database names fold case where the server does") {
  const std::vector<std::string> lines = {"GRANT SELECT ON `CRM\\_%`.* TO `g`@`%`"};
  CHECK(Grants::parse(lines, true).has("SELECT", "Crm_1"));
  CHECK_FALSE(Grants::parse(lines, false).has("SELECT", "Crm_1"));
}
