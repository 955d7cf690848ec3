#include "row_plan_text.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"
#include "yaml_text.hpp"

namespace godwit::plan {
namespace {

std::string rule_of(const ProposedTable& table) {
  switch (table.kind) {
    case TableClass::owned: return "{ owned: " + quoted(table.column) + " }";
    case TableClass::inherited: return "{ inherited: [" + quoted(table.path) + "] }";
    case TableClass::shared:
    case TableClass::central:
    case TableClass::excluded: return std::string(name(table.kind));
    case TableClass::undecided: return "ask";
  }
  return {};
}

/// Tables of one kind, the reason of each in front of it.
std::string rules_of(const RowProposal& proposal, TableClass kind) {
  std::string text;
  for (const ProposedTable& table : proposal.tables) {
    if (table.kind != kind || table.by_default) continue;
    if (!table.comment.empty()) text += comment("    ", table.comment);
    text += "    " + quoted(table.name) + ": " + rule_of(table) + "\n";
  }
  return text;
}

std::string with_title(const std::string& title, const std::string& rules) {
  return rules.empty() ? rules : comment("    ", title) + rules;
}

std::string directory_text(const RowProposal& proposal) {
  std::string text = "  directory: { table: " + quoted(proposal.directory) +
                     ", key: " + quoted(proposal.tenant.key);
  if (!proposal.name_column.empty()) text += ", name: " + quoted(proposal.name_column);
  text += " }\n";
  if (proposal.name_column.empty()) {
    text += comment("  ",
                    "No text column of it is unique and fit for names: tenants are named by their "
                    "key, or by name: COLUMN.");
  }
  if (!proposal.status_column.empty()) {
    text += comment("  ",
                    "To leave tenants behind, add a condition to the directory, such as "
                    "where: \"" +
                        proposal.status_column + " <> …\".");
  }
  return text;
}

std::string tables_text(const RowProposal& proposal) {
  std::vector<std::string> by_default;
  for (const ProposedTable& table : proposal.tables) {
    if (table.by_default) by_default.push_back(table.name);
  }
  std::string text = "  tables:\n";
  text += comment("    ", "By this column: " + named(by_default));
  text += "    default: { owned: " + quoted(proposal.tenant.column) + " }\n";
  text += rules_of(proposal, TableClass::owned);
  text += with_title("Rows belong to the tenant of the row that a foreign key leads to.",
                     rules_of(proposal, TableClass::inherited));
  text += with_title("Reference data: every tenant gets all of it.",
                     rules_of(proposal, TableClass::shared));
  text += with_title("Nobody's: they move together, as a unit of their own.",
                     rules_of(proposal, TableClass::central));
  return text +
         with_title("Questions: godwit run refuses until each has an answer in place of ask.",
                    rules_of(proposal, TableClass::undecided));
}

}  // namespace

std::string tenant_evidence(const RowProposal& proposal) {
  const TenantColumn& tenant = proposal.tenant;
  std::string text = tenant.column + " stands in " + human_count(tenant.tables) + " of " +
                     counted(tenant.all, "table", "tables") + " of " + proposal.database;
  if (tenant.declared > 0) {
    text += ", in " + human_count(tenant.declared) + " with a foreign key to " +
            proposal.directory + "." + tenant.key;
  } else {
    text += "; only its name says that it leads to " + proposal.directory + "." + tenant.key;
  }
  return text;
}

std::string row_tenancy_text(const RowProposal& proposal) {
  const auto questions = static_cast<std::size_t>(
      std::count_if(proposal.tables.begin(), proposal.tables.end(),
                    [](const auto& table) { return table.kind == TableClass::undecided; }));
  std::string text = "tenancy:\n  mode: row\n";
  std::string evidence = tenant_evidence(proposal) + "; ";
  if (proposal.tenant.reached > 0) {
    evidence += "foreign keys lead to it from " + human_count(proposal.tenant.reached) + " more. ";
  } else {
    evidence += "no other table leads to it. ";
  }
  if (proposal.values) {
    evidence += "It has about " + human_count(*proposal.values) + " values, ";
  }
  evidence += proposal.directory + " has " + human_count(proposal.tenants) + " rows.";
  text += comment("  ", evidence);
  if (questions > 0) {
    text += comment("  ", counted(questions, "table is a question", "tables are questions") +
                              " (ask): see below.");
  }
  text += "  database: " + quoted(proposal.database) + "\n";
  return text + directory_text(proposal) + tables_text(proposal);
}

}  // namespace godwit::plan
