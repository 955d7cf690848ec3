#include <sstream>

#include <catch2/catch.hpp>

#include "godwit/plan/plan.hpp"
#include "plan/database_group.hpp"
#include "plan/plan_text.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

std::vector<std::string> names(const std::vector<DatabaseShape>& shapes,
                               const std::vector<std::size_t>& indexes) {
  std::vector<std::string> result;
  for (const std::size_t index : indexes)
    result.push_back(shapes[index].name);
  return result;
}

Proposal sample() {
  Proposal proposal;
  proposal.source_uri = "mariadb://godwit@localhost/?socket=/s";
  proposal.target_uris = {"postgresql://godwit@a", "postgresql://godwit@b"};
  proposal.patterns = {"crm_%"};
  proposal.tenants = 3;
  proposal.bytes = 3'000'000;
  proposal.largest = "crm_2";
  proposal.largest_bytes = 2'000'000;
  proposal.canary = {"crm_1"};
  return proposal;
}

Plan loaded(const Proposal& proposal) {
  Diagnostics diagnostics;
  const std::string text = plan_text(proposal);
  CAPTURE(text);
  Plan plan = parse_plan(text, "p.yaml", diagnostics);
  CHECK(to_string(diagnostics).empty());
  return plan;
}

}  // namespace

TEST_CASE("databases of one naming scheme with the same tables are tenants") {
  struct Case {
    std::vector<DatabaseShape> shapes;
    std::vector<std::string> patterns;
    std::vector<std::string> members;
    std::vector<std::string> deviating;
  };
  const auto c = GENERATE(values<Case>({
      {{{"admin", 2, 0, "A"}, {"crm_0001", 5, 0, "C"}, {"crm_0002", 5, 0, "C"}},
       {"crm_%"},
       {"crm_0001", "crm_0002"},
       {}},
      {{{"shop1", 5, 0, "C"}, {"shop22", 5, 0, "C"}, {"shop3", 6, 0, "D"}, {"wiki", 1, 0, "W"}},
       {"shop%"},
       {"shop1", "shop22", "shop3"},
       {"shop3"}},
      {{{"acme_crm", 5, 0, "C"}, {"beta_crm", 5, 0, "C"}, {"gamma_wiki", 1, 0, "W"}},
       {"%_crm"},
       {"acme_crm", "beta_crm"},
       {}},
      // Two schemas under one prefix are one group.
      {{{"crm_1", 5, 0, "C"}, {"crm_2", 5, 0, "C"}, {"crm_3", 6, 0, "D"}, {"crm_4", 0, 0, ""}},
       {"crm_%"},
       {"crm_1", "crm_2", "crm_3", "crm_4"},
       {"crm_3", "crm_4"}},
      // The more specific of two prefixes that match the same.
      {{{"app_crm_1", 5, 0, "C"}, {"app_crm_2", 5, 0, "C"}},
       {"app_crm_%"},
       {"app_crm_1", "app_crm_2"},
       {}},
      // A prefix that takes in strangers too is not the better one.
      {{{"app_crm_1", 5, 0, "C"}, {"app_crm_2", 5, 0, "C"}, {"app_wiki", 1, 0, "W"}},
       {"app_crm_%"},
       {"app_crm_1", "app_crm_2"},
       {}},
      // No common name: one by one.
      {{{"acme", 5, 0, "C"}, {"beta", 5, 0, "C"}, {"gamma", 5, 0, "C"}, {"wiki", 1, 0, "W"}},
       {"acme", "beta", "gamma"},
       {"acme", "beta", "gamma"},
       {}},
      // All different, but many of one name.
      {{{"crm_1", 5, 0, "C"}, {"crm_2", 5, 0, "D"}, {"crm_3", 6, 0, "E"}},
       {"crm_%"},
       {"crm_1", "crm_2", "crm_3"},
       {"crm_2", "crm_3"}},
      // The larger group wins.
      {{{"a_1", 5, 0, "A"},
        {"a_2", 5, 0, "A"},
        {"b_1", 5, 0, "B"},
        {"b_2", 5, 0, "B"},
        {"b_3", 5, 0, "B"}},
       {"b_%"},
       {"b_1", "b_2", "b_3"},
       {}},
  }));
  const auto group = find_group(c.shapes);
  REQUIRE(group);
  CHECK(group->patterns == c.patterns);
  CHECK(names(c.shapes, group->members) == c.members);
  CHECK(names(c.shapes, group->deviating) == c.deviating);
}

TEST_CASE("where nothing belongs together there is no group") {
  CHECK_FALSE(find_group({}));
  const std::vector<DatabaseShape> single = {{"crm_1", 5, 0, "C"}};
  CHECK_FALSE(find_group(single));
  const std::vector<DatabaseShape> different = {{"crm", 5, 0, "C"}, {"wiki", 1, 0, "W"}};
  CHECK_FALSE(find_group(different));
  const std::vector<DatabaseShape> empty = {{"a_1", 0, 0, ""}, {"a_2", 0, 0, ""}};
  CHECK_FALSE(find_group(empty));
}

TEST_CASE("a chosen pattern makes the group") {
  const std::vector<DatabaseShape> shapes = {
      {"crm_1", 5, 0, "D"}, {"crm_2", 5, 0, "C"}, {"crm_3", 5, 0, "C"}, {"x", 5, 0, "C"}};
  const auto group = group_by_pattern(shapes, "crm_%");
  REQUIRE(group);
  CHECK(names(shapes, group->members) == std::vector<std::string>{"crm_1", "crm_2", "crm_3"});
  CHECK(group->model == 1);
  CHECK_FALSE(group_by_pattern(shapes, "none%"));
}

TEST_CASE("a proposed plan loads again and says what was proposed") {
  const Plan plan = loaded(sample());
  CHECK(plan.source.uri == "mariadb://godwit@localhost/?socket=/s");
  CHECK(plan.tenancy.patterns == std::vector<std::string>{"crm_%"});
  REQUIRE(plan.clusters.size() == 2);
  CHECK(plan.clusters[0].name == "pg-01");
  CHECK(plan.clusters[1].uri == "postgresql://godwit@b");
  REQUIRE(plan.waves.size() == 2);
  CHECK(plan.waves[0].tenants == std::vector<std::string>{"crm_1"});
  CHECK(plan.waves[1].rest);
  CHECK(plan_text(sample()) == plan_text(sample()));
}

TEST_CASE("names from a database can't break a plan") {
  Proposal proposal = sample();
  const std::string evil = "a\nversion: 2 #\"\\'{}[]: \xe2\x80\xae\xc3\xa9";
  proposal.patterns = {"x\"y: [#\\"};
  proposal.exclude = {"\\\"quoted\""};
  proposal.deviating = {evil};
  proposal.not_tenants = {evil};
  proposal.largest = evil;
  proposal.canary = {"- a: \"b\"", "#c"};
  const Plan plan = loaded(proposal);
  CHECK(plan.tenancy.patterns == proposal.patterns);
  CHECK(plan.tenancy.exclude == proposal.exclude);
  CHECK(plan.waves[0].tenants == proposal.canary);
}

TEST_CASE("many names are listed one a line, and only some of them in comments") {
  Proposal proposal = sample();
  proposal.patterns.clear();
  for (int i = 0; i < 100; ++i)
    proposal.patterns.push_back("tenant" + std::to_string(i));
  proposal.not_tenants = proposal.patterns;
  CHECK(loaded(proposal).tenancy.patterns == proposal.patterns);
  CHECK_THAT(plan_text(proposal), Catch::Contains("and 80 more"));
  std::istringstream lines(plan_text(proposal));
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 100);
}

TEST_CASE("there is room for all tenants") {
  Proposal proposal = sample();
  proposal.tenants = 5001;
  CHECK(loaded(proposal).clusters[0].databases == 2600);
  proposal.tenants = 10;
  CHECK(loaded(proposal).clusters[0].databases == 1000);
}

TEST_CASE("a directory that fits leads, one that doesn't is a comment") {
  Proposal proposal = sample();
  DirectoryCandidate directory;
  directory.place = {"admin", "companies", "db_name"};
  directory.listed = 3;
  directory.name_column = "slug";
  proposal.directory = directory;
  proposal.use_directory = true;
  const Plan led = loaded(proposal);
  REQUIRE(led.tenancy.directory);
  CHECK(led.tenancy.patterns.empty());
  CHECK(led.tenancy.directory->table == "admin.companies");
  CHECK(led.tenancy.directory->database_column == "db_name");
  CHECK(led.tenancy.directory->name_column == "slug");

  directory.unknown = {"crm_gone"};
  directory.empty = 1;
  directory.repeated = 2;
  CHECK_FALSE(directory.usable());
  proposal.directory = directory;
  proposal.use_directory = false;
  const Plan by_name = loaded(proposal);
  CHECK_FALSE(by_name.tenancy.directory);
  CHECK(by_name.tenancy.patterns == std::vector<std::string>{"crm_%"});
  const std::string text = plan_text(proposal);
  CHECK_THAT(text, Catch::Contains("# directory: { table: \"admin.companies\""));
  CHECK_THAT(text, Catch::Contains("crm_gone"));
}
