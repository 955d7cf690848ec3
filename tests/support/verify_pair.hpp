// A source and a target database for the tests of the comparison. The target is filled by hand
// with PostgreSQL's own literals: the comparison is judged against what people wrote, not against
// what the copy makes of it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/verify/verifier.hpp"
#include "support/servers.hpp"

namespace godwit::test {

struct ColumnSpec {
  std::string name;
  std::string source_type;
  std::string target_type;
  schema::TargetForm form = schema::TargetForm::text;
  schema::Policies policies = {};
};

struct TableSpec {
  std::string name;
  std::vector<ColumnSpec> columns;
  std::vector<std::size_t> key = {0};  // empty: the table has none, on either side
  std::string options = {};            // of the source's CREATE TABLE
};

class VerifyPair {
 public:
  VerifyPair() : target_session_(target_.connect()), reader_(servers().source) {
    target_session_.execute("SET search_path = public");
  }

  /// Creates the table on both sides and adds it to the schema that is compared.
  void create(const TableSpec& spec) {
    std::string source;
    std::string target;
    std::string key;
    schema::TargetTable table;
    table.name = spec.name;
    table.source_name = spec.name;
    table.key = spec.key;
    for (const ColumnSpec& column : spec.columns) {
      const bool in_key =
          std::find(spec.key.begin(), spec.key.end(), table.columns.size()) != spec.key.end();
      source +=
          source_name(column.name) + " " + column.source_type + (in_key ? " NOT NULL," : " NULL,");
      target += target_name(column.name) + " " + column.target_type + ",";
      table.columns.push_back(target_column(column, table.columns.size()));
    }
    for (const std::size_t index : spec.key) {
      key += (key.empty() ? "" : ",") + source_name(spec.columns[index].name);
    }
    source += key.empty() ? "" : "PRIMARY KEY (" + key + "),";
    source.pop_back();
    target.pop_back();
    source_.run("CREATE TABLE " + source_name(spec.name) + " (" + source + ") " + spec.options);
    target_session_.execute("CREATE TABLE " + target_name(spec.name) + " (" + target + ")");
    schema_.tables.push_back(std::move(table));
  }

  void on_source(const std::string& sql) { source_.run(sql); }
  void on_target(const std::string& sql) { target_session_.execute(sql); }

  verify::TenantResult compare(const verify::VerifyOptions& options = {}) {
    return verify::verify_tenant(reader_, database(), target_session_, schema_, options);
  }

  /// The same with every table of the source read before, into a digest.
  verify::TenantResult compare_by_digest() {
    const mariadb::Database source = database();
    verify::SourceDigests digests({"all"});
    for (const schema::TargetTable& table : schema_.tables)
      digests.read(reader_, source, table, {table.source_name, {}, {}, {}}, {});
    verify::VerifyOptions options;
    options.digests = &digests;
    options.digest_key = "all";
    return verify::verify_tenant(reader_, source, target_session_, schema_, options);
  }

  [[nodiscard]] mariadb::Database database() {
    const std::vector<std::string> names = {source_.name()};
    return mariadb::read_databases(reader_, names).at(0);
  }
  [[nodiscard]] schema::TargetSchema& schema() { return schema_; }
  [[nodiscard]] schema::TargetTable& table(std::size_t index) { return schema_.tables.at(index); }
  [[nodiscard]] mariadb::Connection& reader() { return reader_; }
  [[nodiscard]] postgres::Session& target() { return target_session_; }
  [[nodiscard]] const std::string& source_name() const { return source_.name(); }
  [[nodiscard]] const std::string& target_database() const { return target_.name(); }

  static std::string source_name(const std::string& name) {
    return mariadb::quote_identifier(name);
  }
  static std::string target_name(const std::string& name) {
    return postgres::quote_identifier(name);
  }

 private:
  static schema::TargetColumn target_column(const ColumnSpec& spec, std::size_t index) {
    schema::TargetColumn column;
    column.name = spec.name;
    column.source_name = spec.name;
    column.source_index = index;
    column.type = spec.target_type;
    column.form = spec.form;
    column.policies = spec.policies;
    return column;
  }

  SourceDatabase source_;
  TargetDatabase target_;
  postgres::Session target_session_;
  mariadb::Connection reader_;
  schema::TargetSchema schema_;
};

inline std::string describe(const std::vector<verify::Difference>& differences) {
  std::string text;
  for (const verify::Difference& difference : differences) {
    text += difference.table + ": " + std::string(verify::name(difference.kind)) + " key " +
            difference.key + " column " + difference.column + " source " + difference.source_value +
            " target " + difference.target_value + "\n";
  }
  return text;
}

inline const verify::TableResult& table_result(const verify::TenantResult& result,
                                               const std::string& table) {
  return *std::find_if(result.tables.begin(), result.tables.end(),
                       [&](const verify::TableResult& found) { return found.table == table; });
}

inline std::vector<verify::Difference> differences_of(const verify::TenantResult& result,
                                                      const std::string& table) {
  std::vector<verify::Difference> found;
  std::copy_if(result.differences.begin(), result.differences.end(), std::back_inserter(found),
               [&](const verify::Difference& difference) { return difference.table == table; });
  return found;
}

}  // namespace godwit::test
