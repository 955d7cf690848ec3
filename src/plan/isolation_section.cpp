#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr std::int64_t kSharedDatabasesMax = 1000;
constexpr std::size_t kDatabaseNameMax = 63;

/// A pattern of names with exactly {n} in it: without, the databases would be one.
void read_shared_name(const YamlCursor& value, SharedDatabases& shared) {
  const std::optional<std::string> pattern = read_word(value);
  if (!pattern) return;
  constexpr std::string_view kNumber = "{n}";
  std::string fixed = *pattern;
  const std::size_t at = fixed.find(kNumber);
  if (at == std::string::npos) {
    value.error("'" + value.path() + "' must contain {n}, the number of the database");
    return;
  }
  fixed.erase(at, kNumber.size());
  if (fixed.find_first_of("{}") != std::string::npos) {
    value.error("'" + value.path() + "': the only placeholder is {n}, once");
  } else if (fixed.size() + std::to_string(kSharedDatabasesMax).size() > kDatabaseNameMax) {
    value.error("'" + value.path() +
                "' leaves no room for {n} within the 63 bytes of a PostgreSQL name");
  } else if (fixed.starts_with("godwit_") || fixed == "template") {
    value.error("'" + value.path() + "': names such as '" + *pattern +
                "' are for the engine or PostgreSQL itself");
  } else {
    shared.name = *pattern;
  }
}

}  // namespace

void read_isolation(const YamlCursor& value, Plan& plan) {
  if (value.is_scalar()) {
    if (value.text() == "database") return;
    if (value.text() == "schema") {
      plan.isolation = Isolation::schema;
      return;
    }
  }
  if (!value.is_map()) {
    value.error("'isolation': expected database, schema, or a map of schema");
    return;
  }
  if (!value.expect_keys({"schema"})) return;
  const auto section = value.require("schema");
  if (!section || !section->expect_keys({"databases", "database_name"})) return;
  plan.isolation = Isolation::schema;
  if (const auto databases = section->find("databases")) {
    if (const auto count = databases->integer(1, kSharedDatabasesMax)) {
      plan.shared_databases.count = static_cast<std::uint64_t>(*count);
    }
  }
  if (const auto name = section->find("database_name")) {
    read_shared_name(*name, plan.shared_databases);
  }
}

}  // namespace godwit::plan
