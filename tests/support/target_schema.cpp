#include "support/target_schema.hpp"

#include <stdexcept>
#include <vector>

#include "godwit/core/error.hpp"
#include "support/servers.hpp"

namespace godwit::test {

mariadb::Database read_source(const std::string& database) {
  mariadb::Connection connection(servers().source);
  const std::vector<std::string> names = {database};
  return mariadb::read_databases(connection, names).at(0);
}

void apply_schema(postgres::Session& target, const schema::TargetSchema& schema,
                  const mariadb::Database& source) {
  // the statements name no schema; the tests' own do
  target.execute("SET search_path = public");
  const schema::DdlScript script = schema::ddl(schema);
  for (const auto* part : {&script.tables, &script.indexes, &script.foreign_keys,
                           &script.validations, &script.comments}) {
    for (const std::string& sql : *part) {
      try {
        target.execute(sql);
      } catch (const Error& error) {
        throw std::runtime_error(std::string(error.what()) + " in: " + sql);
      }
    }
  }
  for (const std::string& sql : schema::counter_sql(schema, source))
    target.query(sql);
  target.execute("SET search_path = pg_catalog");
}

}  // namespace godwit::test
