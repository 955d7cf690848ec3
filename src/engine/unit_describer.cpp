#include "unit_describer.hpp"

#include "godwit/core/text.hpp"
#include "godwit/plan/shared_reading.hpp"

namespace godwit::engine {

std::vector<DescribedUnit> DatabaseDescriber::describe(const std::vector<const plan::Unit*>& units,
                                                       const std::stop_token& stop) {
  const std::vector<UnitCatalog> catalogs = reader_.read(units, stop);
  std::vector<DescribedUnit> described(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    try {
      if (catalogs[i].failure) throw Error(*catalogs[i].failure);
      described[i].unit = describe(*units[i], catalogs[i]);
    } catch (...) {
      described[i].failure = current_error();
    }
  }
  return described;
}

ProvisionedUnit DatabaseDescriber::describe(const plan::Unit& unit, const UnitCatalog& catalog) {
  const mariadb::Database& database = catalog.database.value();
  ProvisionedUnit made;
  made.unit = &unit;
  made.ddl_digest = catalog.ddl_digest;
  made.schema = run_.schemas.get(database);
  refuse_errors(made.schema->target.findings);
  refuse_large_unlogged_tables(run_, database);
  // its own sizes: the schema's model may be of another tenant with the same tables
  for (const schema::TargetTable& table : made.schema->target.tables) {
    made.table_bytes.push_back(database.find_table(table.source_name)->data_bytes);
  }
  made.with_indexes =
      size_ == TenantSize::small && database.data_bytes() <= plan::kIndexedCopyBytes;
  return made;
}

void refuse_errors(const Findings& findings) {
  std::size_t errors = 0;
  const Finding* first = nullptr;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::error) continue;
    if (first == nullptr) first = &finding;
    ++errors;
  }
  if (first == nullptr) return;
  std::string message = "schema refused: " + printable(first->object) + ": " + first->message;
  if (errors > 1) message += " (and " + std::to_string(errors - 1) + " more)";
  throw Error(ErrorKind::rejected, message, first->fix + "; `godwit check` lists all findings");
}

void refuse_large_unlogged_tables(const RunContext& run, const mariadb::Database& database) {
  for (const mariadb::Table& table : database.tables) {
    if (table.transactional() || table.data_bytes <= run.plan.locked_copy_bytes) continue;
    throw Error(ErrorKind::rejected,
                "table " + printable(table.name) + " (" + table.engine + ", " +
                    human_bytes(table.data_bytes) +
                    ") knows no snapshot and would be locked for writes while it is copied",
                "ALTER TABLE … ENGINE=InnoDB on the source, or raise copy.locked_table");
  }
}

}  // namespace godwit::engine
