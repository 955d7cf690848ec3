// Commands of two words, and words that are no options.
#include <sstream>

#include <catch2/catch.hpp>

#include "godwit/cli/app.hpp"

namespace {

struct Result {
  int code = 0;
  std::string out;
  std::string err;
};

Result run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = godwit::cli::run(arguments, out, err);
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("a command may have two words", "[cli]") {
  CHECK_THAT(run({"plan", "diff", "--help"}).out, Catch::Contains("Usage: godwit plan diff"));
  CHECK_THAT(run({"plan", "--help"}).out, Catch::Contains("Usage: godwit plan -p"));
  CHECK_THAT(run({"--help"}).out, Catch::Contains("\n  plan diff  "));

  const Result misspelt = run({"plan", "dif", "a.yaml", "b.yaml"});
  CHECK(misspelt.code == 2);
  CHECK_THAT(misspelt.err, Catch::Contains("unknown command 'plan dif'"));
  CHECK_THAT(misspelt.err, Catch::Contains("did you mean 'plan diff'?"));
  CHECK(run({"diff"}).code == 2);
  CHECK(run({"plan diff"}).code == 2);
}

TEST_CASE("words are taken by the commands that have some, and no others", "[cli]") {
  const std::string plans = std::string(GODWIT_SOURCE_DIR) + "/plans/";
  const std::string first = plans + "database-tenancy.yaml";
  const std::string second = plans + "directory-tenancy.yaml";

  const Result equal = run({"plan", "diff", first, first, "--offline", "--fail-on-change"});
  CHECK(equal.code == 0);
  CHECK_THAT(equal.out, Catch::Contains("no difference; the tenants were not compared"));

  const Result different = run({"plan", "diff", first, second, "--offline"});
  CHECK(different.code == 0);
  CHECK_THAT(different.out, Catch::Contains("database_name: {name} → crm_{name}"));
  CHECK(run({"plan", "diff", first, second, "--offline", "--fail-on-change"}).code == 7);
  CHECK_THAT(run({"plan", "diff", first, second, "--offline", "--json"}).out,
             Catch::Contains("\"equal\": false"));

  CHECK(run({"plan", "diff", first, "--offline"}).code == 2);
  CHECK(run({"plan", "diff", first, second, first, "--offline"}).code == 2);
  CHECK(run({"plan", "diff", first, second, "--against", "x.json"}).code == 2);
  CHECK(run({"plan", "diff", "--offline"}).code == 2);
  CHECK(run({"version", "word"}).code == 2);
}
