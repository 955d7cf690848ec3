#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/plan_lock.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

const std::vector<PlacedTenant> kTenants = {
    {"zoë \"&\" sons", "rest", "pg-02", "crm_2", "z", "bbb"},
    {"acme", "canary", "pg-01", "crm_1", "a", "aaa"},
};

std::string problem(const std::string& text) {
  try {
    parse_lock(text, "p.lock");
    return "none";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plan_invalid);
    CHECK_FALSE(error.hint().empty());
    return error.what();
  }
}

}  // namespace

TEST_CASE("a lock file has one tenant a line, by name") {
  const std::string text = lock_text(kTenants);
  CHECK(text ==
        "{\n"
        "  \"godwit_lock\": 1,\n"
        "  \"tenants\": [\n"
        "    {\"tenant\":\"acme\",\"wave\":\"canary\",\"cluster\":\"pg-01\",\"source_database\":"
        "\"crm_1\",\"target_database\":\"a\",\"schema\":\"aaa\"},\n"
        "    {\"tenant\":\"zoë \\\"&\\\" sons\",\"wave\":\"rest\",\"cluster\":\"pg-02\","
        "\"source_database\":\"crm_2\",\"target_database\":\"z\",\"schema\":\"bbb\"}\n"
        "  ]\n"
        "}\n");
  const std::vector<PlacedTenant> read = parse_lock(text, "p.lock");
  CHECK(read == std::vector<PlacedTenant>{kTenants[1], kTenants[0]});
  CHECK(parse_lock(lock_text({}), "p.lock").empty());
  CHECK_THROWS_AS(lock_text(std::vector<PlacedTenant>{{"a\xff", "", "", "", "", ""}}), Error);
}

TEST_CASE("a lock file holds the schemas of tenants that share databases") {
  std::vector<PlacedTenant> tenants = {kTenants[1]};
  tenants[0].target_schema = "acme_1";
  const std::string text = lock_text(tenants);
  CHECK(text.find("\"target_database\":\"a\",\"target_schema\":\"acme_1\",\"schema\"") !=
        std::string::npos);
  CHECK(parse_lock(text, "p.lock") == tenants);
  CHECK(lock_text(kTenants).find("target_schema") == std::string::npos);
}

TEST_CASE("a lock file holds the keys of row tenancy, and may lack them") {
  std::vector<PlacedTenant> tenants = {kTenants[1]};
  tenants[0].key = "17";
  const std::string text = lock_text(tenants);
  CHECK(text.find("\"schema\":\"aaa\",\"key\":\"17\"}") != std::string::npos);
  CHECK(parse_lock(text, "p.lock") == tenants);
  CHECK(lock_text(kTenants).find("\"key\"") == std::string::npos);
  std::string number = text;
  number.replace(number.find("\"17\""), 4, "17");
  CHECK(problem(number) == "p.lock: error: 'tenants[0]': expected a text 'key'");
}

TEST_CASE("a lock file that can't be one is refused, with its place") {
  std::string conflict = lock_text(kTenants);
  conflict.insert(conflict.find("    {\"tenant\":\"zo"), "<<<<<<< HEAD\n");
  CHECK(problem(conflict) == "p.lock:5:1: error: the lock file is no JSON from here on");
  CHECK(problem("") == "p.lock:1:1: error: the lock file is no JSON from here on");
  CHECK(problem("[]") == "p.lock: error: this is no lock file");
  CHECK(problem("{\"tenants\": []}") == "p.lock: error: this is no lock file");
  CHECK(problem("{\"godwit_lock\": 2, \"tenants\": []}") ==
        "p.lock: error: this godwit reads lock files of version 1");
  CHECK(problem("{\"godwit_lock\": 1, \"tenants\": {}}") ==
        "p.lock: error: 'tenants': expected a list");
  CHECK(problem("{\"godwit_lock\": 1, \"tenants\": [7]}") ==
        "p.lock: error: 'tenants[0]': expected an object");
  CHECK(problem("{\"godwit_lock\": 1, \"tenants\": [{\"tenant\": \"a\", \"wave\": 1}]}") ==
        "p.lock: error: 'tenants[0]': expected a text 'wave'");
  const std::vector<PlacedTenant> twice = {kTenants[1], kTenants[1]};
  CHECK(problem(lock_text(twice)) == "p.lock: error: the tenant 'acme' stands twice");
}

TEST_CASE("a lock file is replaced as a whole") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("godwit_lock_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "plan.lock.json").string();
  save_lock(path, kTenants);
  save_lock(path, std::span(kTenants).first(1));
  CHECK(load_lock(path) == std::vector<PlacedTenant>{kTenants[0]});
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  CHECK_THROWS_AS(save_lock((folder / "no" / "such").string(), kTenants), Error);
  CHECK_THROWS_AS(load_lock((folder / "none").string()), Error);
  std::filesystem::remove_all(folder);
}
