// The lists of findings and of log events in docs/reference are those of the sources.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

namespace {

using Names = std::set<std::string>;

const std::filesystem::path kRoot = GODWIT_SOURCE_DIR;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// All of src/, one file behind the other.
std::string read_sources() {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kRoot / "src")) {
    const auto extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".hpp") text += read_text(entry.path());
  }
  return text;
}

/// The first group of every match.
Names matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  Names names;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), regex);
       at != std::sregex_iterator(); ++at) {
    names.insert((*at)[1]);
  }
  return names;
}

/// The names between backquotes in the first cells of a page's tables: | `a`, `b` | …
Names first_cells(const std::string& page, const std::string& name_pattern) {
  Names names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    names.merge(matches(line.substr(0, line.find('|', 1)), "`(" + name_pattern + ")`"));
  }
  return names;
}

Names without(const Names& names, const Names& others) {
  Names rest;
  for (const std::string& name : names) {
    if (!others.contains(name)) rest.insert(name);
  }
  return rest;
}

const std::string kCode = "[a-z0-9]+(?:-[a-z0-9]+)*";
const std::string kEvent = R"([a-z0-9_]+(?:\.[a-z0-9_]+)+)";

}  // namespace

TEST_CASE("docs/reference has every finding's code, and no other", "[docs]") {
  const std::string sources = read_sources();
  // "code", Severity::… (also behind a condition), and what decides defaults without a severity
  Names codes = matches(sources, "\"(" + kCode + R"re()",\s*(?:[^";{}]*\?\s*)?Severity::)re");
  codes.merge(matches(sources, R"re(\bdropped\(\s*"()re" + kCode + ")\""));
  codes.merge(matches(sources, R"re(: "(routine)")re"));
  for (std::string setting : matches(sources, R"re(\brequire_setting\(settings, "([a-z_]+)")re")) {
    std::replace(setting.begin(), setting.end(), '_', '-');
    codes.insert(setting);
  }
  CHECK(codes.size() > 80);  // else the patterns above don't find them any more

  const std::string plan_file = read_text(kRoot / "docs/reference/plan-file.md");
  const std::size_t findings = plan_file.find("## Findings about a plan");
  REQUIRE(findings != std::string::npos);
  Names documented = first_cells(read_text(kRoot / "docs/reference/findings.md"), kCode);
  documented.merge(first_cells(plan_file.substr(findings), kCode));

  const Names none;  // compared, so that a failure lists the names
  CHECK(without(codes, documented) == none);
  // a few codes are variables where they are reported: the literal must be there
  Names literals = matches(sources, "\"(" + kCode + ")\"");
  literals.merge(codes);
  CHECK(without(documented, literals) == none);
}

TEST_CASE("docs/reference/log-events.md has every event's name, and no other", "[docs]") {
  const Names events =
      matches(read_sources(), R"re(log::event\(\s*log::Level::[a-z]+,\s*"()re" + kEvent + ")\"");
  CHECK(events.size() >= 10);
  const std::string page = read_text(kRoot / "docs/reference/log-events.md");
  const std::size_t list = page.find("## Events");
  REQUIRE(list != std::string::npos);
  CHECK(first_cells(page.substr(list), kEvent) == events);
}
