#include "godwit/schema/target.hpp"

namespace godwit::schema {

DdlScript ddl(const TargetSchema& schema) {
  DdlScript script;
  const auto add = [](std::vector<std::string>& part, const std::string& sql) {
    part.push_back(sql + ";");
  };
  for (const std::string& sql : schema.prelude_sql)
    add(script.tables, sql);
  for (const TargetSequence& sequence : schema.sequences)
    add(script.tables, sequence.create_sql);
  for (const TargetTable& table : schema.tables) {
    add(script.tables, table.create_sql);
    for (const TargetIndex& index : table.indexes)
      add(script.indexes, index.sql);
    for (const TargetForeignKey& key : table.foreign_keys) {
      add(script.foreign_keys, key.add_sql);
      add(script.validations, key.validate_sql);
    }
    for (const std::string& sql : table.comment_sql)
      add(script.comments, sql);
  }
  return script;
}

}  // namespace godwit::schema
