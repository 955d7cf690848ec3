// Views, triggers, routines and events.

#include <algorithm>

#include "catalog_batch.hpp"

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

/// Above this many names the whole system table is read and filtered here.
constexpr std::size_t kNamesMax = 1000;

void read_views(Batch& batch) {
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases, "table_schema,table_name,view_definition", "views", "table_schema"))) {
    FieldReader fields(row);
    Database* database = batch.find(fields.text());
    if (database == nullptr) continue;
    const std::string name = fields.text();
    for (CodeObject& object : database->code) {
      if (object.kind == "view" && object.name == name) object.text = fields.text();
    }
  }
}

void read_triggers(Batch& batch) {
  for (Row& row : batch.connection.query(
           union_of_databases(batch.databases,
                              "trigger_schema,trigger_name,event_object_table,action_timing,"
                              "event_manipulation,action_statement",
                              "triggers", "event_object_schema"))) {
    FieldReader fields(row);
    Database* database = batch.find(fields.text());
    if (database == nullptr) continue;
    CodeObject trigger;
    trigger.kind = "trigger";
    trigger.name = fields.text();
    trigger.table = fields.text();
    trigger.text = fields.text() + " ";
    trigger.text += fields.text();
    trigger.text += " ON " + quote_identifier(trigger.table) + " FOR EACH ROW " + fields.text();
    database->code.push_back(std::move(trigger));
  }
}

std::string name_filter(const Batch& batch, const std::string& column) {
  if (batch.databases.size() > kNamesMax) return {};
  std::string list;
  for (const Database& database : batch.databases) {
    list += (list.empty() ? "" : ",") + quote_literal(database.name);
  }
  return " WHERE " + column + " IN (" + list + ")";
}

/// Rows of database, kind, name and text.
void add_code(Batch& batch, const std::string& sql) {
  for (Row& row : batch.connection.query(sql)) {
    FieldReader fields(row);
    Database* database = batch.find(fields.text());
    if (database == nullptr) continue;
    CodeObject object;
    object.kind = lowercase_ascii(fields.text());
    object.name = fields.text();
    object.text = fields.text();
    // The body of a package is a second row of the same name.
    if (object.kind == "package body") object.kind = "package";
    database->code.push_back(std::move(object));
  }
}

}  // namespace

void read_views_and_triggers(Batch& batch) {
  const bool views = std::any_of(batch.databases.begin(), batch.databases.end(),
                                 [](const Database& database) { return !database.code.empty(); });
  if (views) read_views(batch);
  read_triggers(batch);
}

void read_routines_and_events(Batch& batch) {
  add_code(batch,
           "SELECT routine_schema,routine_type,routine_name,routine_definition "
           "FROM information_schema.routines" +
               name_filter(batch, "routine_schema"));
  add_code(batch,
           "SELECT event_schema,'event',event_name,event_definition "
           "FROM information_schema.events" +
               name_filter(batch, "event_schema"));
}

}  // namespace godwit::mariadb
