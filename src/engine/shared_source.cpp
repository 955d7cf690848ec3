#include "shared_source.hpp"

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "unit_describer.hpp"

namespace godwit::engine {
namespace {

/// Excluded tables may come and go while the others are read.
mariadb::TableFilter moves(const plan::Plan& plan) {
  return [&plan](std::string_view table) {
    const plan::TableRule* rule = plan.rows->find_rule(table);
    return rule == nullptr || rule->kind != plan::TableClass::excluded;
  };
}

}  // namespace

ClassifiedSource classify_source(const plan::Plan& plan, mariadb::Connection& catalog) {
  const plan::RowTenancy& tenancy = *plan.rows;
  std::vector<mariadb::Database> found = mariadb::read_databases(catalog, {&tenancy.database, 1});
  if (found.empty()) {
    throw Error(ErrorKind::rejected,
                "source database " + printable(tenancy.database) + " doesn't exist",
                "correct tenancy.database in the plan, or grant the account the right to see it");
  }
  ClassifiedSource source;
  source.database = std::move(found.front());
  source.classification = plan::classify(tenancy, source.database);
  return source;
}

SharedSource read_shared_source(const plan::Plan& plan, mariadb::Connection& catalog,
                                SchemaCache& schemas) {
  SharedSource source;
  source.ddl_digest = mariadb::ddl_digest(catalog, plan.rows->database, moves(plan));
  ClassifiedSource classified = classify_source(plan, catalog);
  source.database = std::move(classified.database);
  source.classification = std::move(classified.classification);
  source.moved = source.database;
  const mariadb::TableFilter wanted = moves(plan);
  std::erase_if(source.moved.tables,
                [&](const mariadb::Table& table) { return !wanted(table.name); });
  source.tenants =
      schemas.get(plan::tenant_model(*plan.rows, source.classification, source.database));
  if (source.classification.count(plan::TableClass::central) > 0) {
    source.central = schemas.get(plan::central_model(source.classification, source.database));
  }
  return source;
}

bool is_unchanged(const SharedSource& source, const plan::Plan& plan,
                  mariadb::Connection& catalog) {
  return mariadb::is_unchanged(catalog, source.database.name, source.ddl_digest, moves(plan));
}

const mariadb::Column& directory_key(const SharedSource& source, const plan::RowTenancy& tenancy) {
  const mariadb::Table* table = source.database.find_table(tenancy.directory.table);
  const mariadb::Column* key =
      table == nullptr ? nullptr : table->find_column(tenancy.directory.key_column);
  if (key == nullptr) throw Error(ErrorKind::rejected, "the directory's key column is gone");
  return *key;
}

void refuse_open_questions(const SharedSource& source) {
  refuse_errors(source.classification.findings);
  refuse_errors(source.tenants->target.findings);
  if (source.central) refuse_errors(source.central->target.findings);
}

}  // namespace godwit::engine
