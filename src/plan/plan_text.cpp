#include "plan_text.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"
#include "row_plan_text.hpp"
#include "yaml_text.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kDatabasesDefault = 1000;

std::string quoted_list(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  parts.reserve(texts.size());
  for (const std::string& text : texts)
    parts.push_back(quoted(text));
  std::string line = "[" + join(parts, ", ") + "]";
  if (line.size() <= kYamlLineMax - 20) return line;
  return "\n    - " + join(parts, "\n    - ");
}

std::string directory_line(const DirectoryCandidate& directory) {
  std::string line =
      "directory: { table: " + quoted(directory.place.database + "." + directory.place.table) +
      ", database: " + quoted(directory.place.column);
  if (!directory.name_column.empty()) line += ", name: " + quoted(directory.name_column);
  return line + " }";
}

/// What the directory table says compared with the databases there are.
std::string directory_evidence(const Proposal& proposal) {
  const DirectoryCandidate& directory = *proposal.directory;
  std::string text = directory.place.database + "." + directory.place.table + " lists " +
                     human_count(directory.listed) + " of the " +
                     counted(proposal.tenants, "tenant", "tenants") + " in the column " +
                     directory.place.column;
  if (!directory.unknown.empty()) {
    text += "; " + counted(directory.unknown.size(), "value is", "values are") +
            " no database: " + named(directory.unknown);
  }
  if (directory.empty > 0) {
    text += "; " + counted(directory.empty, "row has", "rows have") + " no value";
  }
  if (directory.repeated > 0) {
    text += "; " + counted(directory.repeated, "value stands", "values stand") +
            " there more than once";
  }
  return text + ".";
}

std::string tenancy_text(const Proposal& proposal) {
  const std::size_t same = proposal.tenants - proposal.deviating.size();
  std::string text = "tenancy:\n  mode: database\n";
  text += comment("  ", counted(proposal.tenants, "database is", "databases are") +
                            " taken for tenants (" + human_bytes(proposal.bytes) +
                            " in all, the largest is " + proposal.largest + " with " +
                            human_bytes(proposal.largest_bytes) + "); " + human_count(same) +
                            " of them have the same tables.");
  if (!proposal.deviating.empty()) {
    text += comment("  ", "Their tables differ from most others': " + named(proposal.deviating));
  }
  const std::string databases = "databases: " + quoted_list(proposal.patterns);
  if (proposal.use_directory) {
    text += comment("  ", directory_evidence(proposal));
    text += "  " + directory_line(*proposal.directory) + "\n";
    if (proposal.patterns.size() == 1) {
      text += comment("  ", "By the databases' names instead:");
      text += "  # " + databases + "\n";
    }
  } else {
    text += "  " + databases + "\n";
    if (proposal.directory) {
      text += comment("  ", directory_evidence(proposal) +
                                " To be led by it instead of the names, narrow it to rows whose "
                                "database exists, by where: \"…\" in:");
      text += "  # " + directory_line(*proposal.directory) + "\n";
    }
  }
  if (!proposal.exclude.empty()) {
    text += comment("  ", "These have the name of a tenant, but other tables:");
    text += "  exclude: " + quoted_list(proposal.exclude) + "\n";
  }
  if (!proposal.not_tenants.empty()) {
    text += comment("  ", "Not taken for tenants: " + named(proposal.not_tenants));
  }
  return text;
}

/// Room for all tenants on the clusters given, in steps of a hundred above the default.
std::size_t databases_per_cluster(const Proposal& proposal) {
  const std::size_t clusters = std::max<std::size_t>(1, proposal.target_uris.size());
  const std::size_t needed = (proposal.tenants + clusters - 1) / clusters;
  return std::max(kDatabasesDefault, (needed + 99) / 100 * 100);
}

std::string clusters_text(const Proposal& proposal) {
  std::string text = comment("", "Passwords of targets: libpq's own ways (PGPASSFILE, PGSERVICE).");
  text += "clusters:\n";
  for (std::size_t i = 0; i < proposal.target_uris.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    text += "  - name: pg-" + std::string(number.size() < 2 ? "0" : "") + number + "\n";
    text += "    uri: " + quoted(proposal.target_uris[i]) + "\n";
    text += "    databases: " + std::to_string(databases_per_cluster(proposal)) +
            "           # tenants' databases, at most\n";
    text += "    engine_connections: 40    # of the cluster's connections, for the engine\n";
  }
  return text + "\n";
}

std::string waves_text(const Proposal& proposal) {
  std::string text = comment("", "Each tenant belongs to the first wave that names it.");
  text += "waves:\n";
  if (!proposal.canary.empty()) {
    text += "  - name: canary              # small tenants first\n";
    text += "    tenants: [";
    std::vector<std::string> names;
    for (const std::string& name : proposal.canary)
      names.push_back(quoted(name));
    text += join(names, ", ") + "]\n    lanes: 2\n";
  }
  text += "  - name: rest\n    tenants: rest\n    lanes: 2\n";
  return text;
}

}  // namespace

std::string plan_text(const Proposal& proposal) {
  std::string text = comment("",
                             "Proposed by godwit init from what the source holds. Read it, "
                             "correct it, keep it under version control.");
  text += comment("", "godwit check says what is missing, godwit plan what would happen.");
  text += "version: 1\n\n";
  text += "source:\n  uri: " + quoted(proposal.source_uri) + "\n";
  text += comment("  ",
                  "The password comes from GODWIT_SOURCE_PASSWORD, from an option file "
                  "(?defaults-file=FILE in the uri) or from a file of mode 0600:");
  text += "  # password_file: source.password\n\n";
  text += proposal.rows ? row_tenancy_text(*proposal.rows) : tenancy_text(proposal);
  if (!proposal.other_tenancy.empty()) text += comment("  ", proposal.other_tenancy);
  text += "\n";
  text += comment("", "The type map: default keeps every value or refuses it.");
  text += "schema:\n  map: default\n\n";
  text += clusters_text(proposal);
  text += comment("", "A tenant's database on its cluster; {name} is the tenant's name.");
  text += "database_name: \"{name}\"\n\n";
  return text + waves_text(proposal);
}

}  // namespace godwit::plan
