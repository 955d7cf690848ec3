// Plans against plans and against lock files, on a live source, by the built binary.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/process.hpp"
#include "support/servers.hpp"

using godwit::test::ProcessResult;
using godwit::test::run_godwit;
using godwit::test::SourceDatabase;
using godwit::test::TemporaryFolder;
using godwit::test::unique_name;
using nlohmann::json;

namespace {

/// A directory of tenants, so that they can come and go; two have the same schema.
struct Source {
  SourceDatabase first;
  SourceDatabase second;
  SourceDatabase third;
  SourceDatabase admin;
  TemporaryFolder folder;

  Source() {
    first.run("CREATE TABLE t (id INT PRIMARY KEY)");
    second.run("CREATE TABLE t (id INT PRIMARY KEY)");
    third.run("CREATE TABLE u (id BIGINT PRIMARY KEY)");
    admin.run("CREATE TABLE companies (db VARCHAR(64), slug VARCHAR(64))");
    add("acme", first);
    add("beta", second);
  }
  void add(const std::string& slug, const SourceDatabase& database) {
    admin.run("INSERT INTO companies VALUES ('" + database.name() + "', '" + slug + "')");
  }
  /// Writes a plan, anew where there is one of this name; the path.
  std::string plan(const std::string& file, const std::string& waves) const {
    const godwit::test::Servers& servers = godwit::test::servers();
    return folder.write(file,
                        "version: 1\nsource: { uri: \"" + servers.source_uri +
                            "\" }\ntenancy: { mode: database, directory: { table: " + admin.name() +
                            ".companies, database: db, name: slug } }\n"
                            "clusters: [ { name: pg, uri: \"" +
                            servers.target_uri + "\" } ]\nwaves:\n" + waves);
  }
};

const std::string kRest = "  - { name: rest, tenants: rest }\n";

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a plan's source against its lock file", "[plan_diff]") {
  Source source;
  const std::string plan = source.plan("plan.yaml", kRest);
  const std::string lock = source.folder.path() + "/plan.lock.json";
  const ProcessResult written = run_godwit({"plan", "-p", plan, "--lock", lock});
  INFO(written.out << written.err);
  REQUIRE(written.exit_code == 0);

  const json document = json::parse(text_of(lock));
  REQUIRE(document.at("tenants").size() == 2);
  const json& acme = document.at("tenants").at(0);
  CHECK(acme.at("tenant") == "acme");
  CHECK(acme.at("source_database") == source.first.name());
  CHECK(acme.at("target_database") == "acme");
  CHECK(acme.at("cluster") == "pg");
  CHECK(acme.at("wave") == "rest");
  CHECK(acme.at("schema").get<std::string>().size() == 32);
  CHECK(acme.at("schema") == document.at("tenants").at(1).at("schema"));

  const ProcessResult same =
      run_godwit({"plan", "diff", "-p", plan, "--against", lock, "--fail-on-change"});
  INFO(same.out << same.err);
  CHECK(same.exit_code == 0);
  CHECK(same.out.find("no difference") != std::string::npos);

  // rows are no difference; a column, a tenant more and another wave are
  source.first.run("INSERT INTO t VALUES (1), (2)");
  CHECK(run_godwit({"plan", "diff", "-p", plan, "--against", lock, "--fail-on-change"}).exit_code ==
        0);
  source.second.run("ALTER TABLE t ADD COLUMN note VARCHAR(20)");
  source.add("gamma", source.third);
  source.plan("plan.yaml", "  - { name: canary, tenants: [acme] }\n" + kRest);
  const ProcessResult changed =
      run_godwit({"plan", "diff", "-p", plan, "--against", lock, "--json"});
  INFO(changed.out << changed.err);
  CHECK(changed.exit_code == 0);
  const json diff = json::parse(changed.out);
  CHECK(diff.at("command") == "plan diff");
  CHECK(diff.at("equal") == false);
  REQUIRE(diff.at("added").size() == 1);
  CHECK(diff.at("added").at(0).at("tenant") == "gamma");
  CHECK(diff.at("removed").empty());
  REQUIRE(diff.at("moves").size() == 2);
  CHECK(diff.at("moves").at(0) ==
        json({{"what", "wave"}, {"before", "rest"}, {"after", "canary"}, {"tenants", {"acme"}}}));
  CHECK(diff.at("moves").at(1).at("what") == "schema");
  CHECK(diff.at("moves").at(1).at("before") == acme.at("schema"));
  CHECK(diff.at("moves").at(1).at("tenants") == json::array({"beta"}));

  const ProcessResult refused =
      run_godwit({"plan", "diff", "-p", plan, "--against", lock, "--fail-on-change"});
  CHECK(refused.exit_code == 7);
  CHECK(refused.out.find("wave rest → canary: acme") != std::string::npos);
  CHECK(refused.out.find("gamma (" + source.third.name() + " → pg/gamma, wave rest)") !=
        std::string::npos);

  // a new lock is the new state
  REQUIRE(run_godwit({"plan", "-p", plan, "--lock", lock}).exit_code == 0);
  CHECK(run_godwit({"plan", "diff", "-p", plan, "--against", lock, "--fail-on-change"}).exit_code ==
        0);
}

TEST_CASE("two plans, as they act on the source and as files", "[plan_diff]") {
  Source source;
  const std::string before = source.plan("old.yaml", kRest);
  const std::string after =
      source.plan("new.yaml", "  - { name: canary, tenants: [acme] }\n" + kRest);
  const ProcessResult result = run_godwit({"plan", "diff", before, after, "--json"});
  INFO(result.out << result.err);
  REQUIRE(result.exit_code == 0);
  const json diff = json::parse(result.out);
  REQUIRE(diff.at("settings").size() == 1);
  CHECK(diff.at("settings").at(0).at("path") == "waves.canary");
  CHECK(diff.at("settings").at(0).at("before").is_null());
  REQUIRE(diff.at("moves").size() == 1);
  CHECK(diff.at("moves").at(0).at("tenants") == json::array({"acme"}));
  CHECK(diff.at("tenants_compared") == true);

  const json offline =
      json::parse(run_godwit({"plan", "diff", before, after, "--offline", "--json"}).out);
  CHECK(offline.at("settings") == diff.at("settings"));
  CHECK(offline.at("moves").empty());
  CHECK(offline.at("tenants_compared") == false);
}

TEST_CASE("a draft beside a plan moves no tenant that was begun", "[plan_diff]") {
  Source source;
  const std::string begun = unique_name("gw_begun_");
  source.add(begun, source.third);
  const std::string plan = source.plan("plan.yaml", kRest);
  const std::string draft = source.plan("draft.yaml", kRest + "database_name: \"new_{name}\"\n");
  const std::string catalog = source.folder.write("tenants.jsonl", R"({"tenant": "acme"})"
                                                                   "\n"
                                                                   R"({"tenant": ")" +
                                                                       begun + "\"}\n");
  const auto moved = [](const std::vector<std::string>& arguments) {
    const ProcessResult result = run_godwit(arguments);
    INFO(result.out << result.err);
    REQUIRE(result.exit_code == 0);
    const json diff = json::parse(result.out);
    std::set<std::string> tenants;
    for (const json& move : diff.at("moves")) {
      CHECK(move.at("what") == "target_database");
      for (const json& tenant : move.at("tenants"))
        tenants.insert(tenant.get<std::string>());
    }
    return tenants;
  };
  using Names = std::set<std::string>;
  const std::vector<std::string> live = {"plan", "diff", plan, draft, "--json"};
  const std::vector<std::string> back = {"plan", "diff", draft, plan, "--json"};
  const std::vector<std::string> from_file = {"plan",      "diff",  plan,    draft,
                                              "--catalog", catalog, "--json"};
  CHECK(moved(live) == Names{"acme", "beta", begun});
  CHECK(moved(from_file) == Names{"acme", begun});

  const ProcessResult copied =
      run_godwit({"run", "-p", plan, "--tenant", begun, "--until", "copied"});
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
  CHECK(moved(live) == Names{"acme", "beta"});
  CHECK(moved(back) == Names{"acme", "beta"});
  CHECK(moved(from_file) == Names{"acme"});
  CHECK_FALSE(std::filesystem::exists(draft + ".state"));
  godwit::postgres::Session(godwit::test::servers().target_uri, {.database = "postgres"})
      .execute("DROP DATABASE " + begun);
}

TEST_CASE("a plan with errors writes no lock file", "[plan_diff]") {
  Source source;
  const std::string plan = source.plan("plan.yaml", "  - { name: one, tenants: [acme] }\n");
  const std::string lock = source.folder.path() + "/plan.lock.json";
  const ProcessResult result = run_godwit({"plan", "-p", plan, "--lock", lock});
  CHECK(result.exit_code == 7);
  CHECK_FALSE(std::filesystem::exists(lock));
  CHECK(run_godwit({"plan", "-p", plan, "--lock", lock, "--catalog", "x"}).exit_code == 2);
}
