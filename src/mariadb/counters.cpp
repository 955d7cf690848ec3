#include "catalog_batch.hpp"
#include "godwit/mariadb/catalog.hpp"

namespace godwit::mariadb {

void refresh_counters(Connection& connection, Database& database) {
  Batch batch{connection, {}};
  batch.databases.push_back(std::move(database));
  Database& read = batch.databases.front();
  for (Row& row : connection.query(
           "SELECT table_name,auto_increment FROM information_schema.tables WHERE table_schema=" +
           quote_literal(read.name) + " AND auto_increment IS NOT NULL")) {
    FieldReader fields(row);
    const std::string name = fields.text();
    if (Table* table = batch.find_table(read.name, name)) table->auto_increment = fields.count();
  }
  read_sequences(batch);
  database = std::move(read);
}

}  // namespace godwit::mariadb
