#include "plan_reader.hpp"

#include "godwit/core/error.hpp"
#include "godwit/core/secret.hpp"
#include "godwit/core/text.hpp"
#include "input_file.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr std::uintmax_t kPlanBytesMax = 16U << 20U;
constexpr std::size_t kDatabaseNameMax = 63;

void read_version(const YamlCursor& root) {
  const auto version = root.require("version");
  if (version && !(version->is_scalar() && version->text() == "1")) {
    version->error("'version': this godwit reads plans of version 1");
  }
}

/// A pattern of names with exactly {name} in it: without, all tenants would share one database.
void read_database_name(const YamlCursor& value, Plan& plan) {
  const std::optional<std::string> pattern = read_word(value);
  if (!pattern) return;
  constexpr std::string_view kName = "{name}";
  std::string fixed = *pattern;
  const std::size_t at = fixed.find(kName);
  if (at == std::string::npos) {
    value.error("'database_name' must contain {name}, the tenant's name");
    return;
  }
  fixed.erase(at, kName.size());
  if (fixed.find_first_of("{}") != std::string::npos) {
    value.error("'database_name': the only placeholder is {name}, once");
  } else if (fixed.size() >= kDatabaseNameMax) {
    value.error(
        "'database_name' leaves no room for {name} within the 63 bytes of a "
        "PostgreSQL name");
  } else {
    plan.database_name = *pattern;
  }
}

void read_size(const YamlCursor& section, std::string_view key, std::uint64_t minimum,
               std::uint64_t maximum, std::uint64_t& bytes) {
  const auto value = section.find(key);
  if (!value) return;
  const auto size = value->bytes();
  if (!size) return;
  if (*size < minimum || *size > maximum) {
    value->error("'" + value->path() + "': expected a size from " + human_bytes(minimum) + " to " +
                 human_bytes(maximum) + ", found " + human_bytes(*size));
    return;
  }
  bytes = *size;
}

void read_plan(const YamlCursor& root, const std::filesystem::path& folder, Plan& plan) {
  const bool is_map = root.expect_keys({"version", "source", "tenancy", "schema", "clusters",
                                        "database_name", "isolation", "waves", "state", "copy",
                                        "follow", "placement", "directory", "cutover", "rollback"});
  if (!is_map) return;
  read_version(root);
  refuse_unsupported(root, {"directory", "cutover", "rollback"});
  if (const auto section = root.require("source")) read_source(*section, folder, plan.source);
  if (const auto section = root.require("tenancy")) read_tenancy(*section, plan);
  if (const auto section = root.find("schema")) {
    read_schema(*section, folder, plan.schema);
    if (plan.rows && !plan.schema.excluded_tables.empty()) {
      section->error(
          "'schema.exclude_tables' is for a database per tenant; with shared tables say "
          "`TABLE: excluded` in tenancy.tables");
    }
  }
  if (const auto section = root.require("clusters")) read_clusters(*section, plan.clusters);
  if (const auto section = root.find("placement")) {
    read_placement(*section, plan.clusters, plan.placement);
  }
  if (const auto value = root.find("database_name")) read_database_name(*value, plan);
  if (const auto value = root.find("isolation")) read_isolation(*value, plan);
  if (const auto section = root.require("waves")) read_waves(*section, plan.waves);
  if (const auto section = root.find("copy")) read_copy(*section, plan);
  if (const auto section = root.find("follow")) read_follow(*section, plan.follow);
  if (const auto state = root.find("state")) {
    if (const auto path = read_word(*state)) plan.state = (folder / *path).string();
  }
}

/// A value in the wrong place is quoted by the message about it, and may be a URI with a password.
void hide_secrets(Diagnostics& diagnostics) {
  for (Diagnostic& diagnostic : diagnostics) {
    std::string& message = diagnostic.message;
    const std::size_t found = message.find("found '");
    if (found != std::string::npos) {
      const std::string value = lowercase_ascii(message.substr(found));
      const bool may_be_secret =
          value.find("passw") != std::string::npos ||
          (value.find("://") != std::string::npos && value.find('@') != std::string::npos);
      if (may_be_secret) {
        message.resize(found);
        message += "found a text that is not shown, as it may hold a password";
      }
    }
    if (message.find("://") != std::string::npos) message = redact_uri(message);
  }
}

}  // namespace

void read_copy(const YamlCursor& section, Plan& plan) {
  constexpr std::uint64_t kKiB = 1U << 10U;
  constexpr std::uint64_t kMiB = 1U << 20U;
  constexpr std::uint64_t kTiB = 1ULL << 40U;
  if (!section.expect_keys(
          {"memory", "large_tenant", "chunk", "locked_table", "together", "routing", "spill"}))
    return;
  read_size(section, "memory", 4 * kMiB, 65536 * kMiB, plan.memory_bytes);
  read_size(section, "large_tenant", kMiB, 1024 * kTiB, plan.large_tenant_bytes);
  read_size(section, "chunk", 64 * kKiB, 1024 * kMiB, plan.chunk_bytes);
  read_size(section, "locked_table", 0, 1024 * kTiB, plan.locked_copy_bytes);
  if (const auto together = section.find("together")) {
    if (const auto count = together->integer(1, 1'000'000)) {
      plan.together = static_cast<std::uint64_t>(*count);
    }
  }
  read_size(section, "routing", kMiB, kTiB, plan.routing_bytes);
  read_size(section, "spill", kMiB, 1024 * kTiB, plan.spill_bytes);
}

void read_follow(const YamlCursor& section, FollowSpec& follow) {
  constexpr std::uint64_t kKiB = 1U << 10U;
  constexpr std::uint64_t kMiB = 1U << 20U;
  constexpr std::uint64_t kTiB = 1ULL << 40U;
  if (!section.expect_keys({"memory", "tenant_memory", "spill", "routing"})) return;
  read_size(section, "memory", kMiB, kTiB, follow.memory_bytes);
  read_size(section, "tenant_memory", 64 * kKiB, kTiB, follow.tenant_memory_bytes);
  read_size(section, "spill", kMiB, 1024 * kTiB, follow.spill_bytes);
  read_size(section, "routing", kMiB, kTiB, follow.routing_bytes);
}

Plan parse_plan(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
  Plan plan;
  plan.file = file;
  plan.state = file + ".state";
  Diagnostics found;
  {
    const auto document = schema::YamlDocument::parse(text, file, found);
    read_plan(document.root(), std::filesystem::path(file).parent_path(), plan);
  }
  hide_secrets(found);
  schema::sort_by_place(found);
  diagnostics.insert(diagnostics.end(), found.begin(), found.end());
  return plan;
}

Plan load_plan(const std::string& path) {
  Diagnostics diagnostics;
  Plan plan = parse_plan(read_input_file("plan", path, kPlanBytesMax), path, diagnostics);
  if (!diagnostics.empty()) throw Error(ErrorKind::plan_invalid, to_string(diagnostics));
  return plan;
}

}  // namespace godwit::plan
