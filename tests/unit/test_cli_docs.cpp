// The reference of the command line is the help itself: what it prints must stand in the document.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/cli/app.hpp"

TEST_CASE("docs/reference/cli.md holds every command's help as it is printed", "[cli]") {
  std::ifstream file(std::string(GODWIT_SOURCE_DIR) + "/docs/reference/cli.md");
  std::stringstream document;
  document << file.rdbuf();
  for (const char* command : {"init", "check", "plan", "plan diff", "run", "verify", "status",
                              "watch", "recopy", "version"}) {
    std::vector<std::string> arguments;
    std::istringstream words(command);
    for (std::string word; words >> word;)
      arguments.push_back(word);
    arguments.emplace_back("--help");
    std::ostringstream out;
    std::ostringstream err;
    REQUIRE(godwit::cli::run(arguments, out, err) == 0);
    CAPTURE(command, "scripts/docs writes it anew");
    CHECK(document.str().find(out.str()) != std::string::npos);
  }
  std::ostringstream overview;
  std::ostringstream err;
  REQUIRE(godwit::cli::run({"--help"}, overview, err) == 0);
  CHECK(document.str().find(overview.str()) != std::string::npos);
}
