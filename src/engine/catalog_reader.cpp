#include "catalog_reader.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"

namespace godwit::engine {
namespace {

UnitCatalog failed(Error error) {
  UnitCatalog catalog;
  catalog.failure = std::move(error);
  return catalog;
}

UnitCatalog missing(const plan::Unit& unit) {
  return failed(Error(ErrorKind::rejected,
                      "source database " + printable(unit.source_database) + " doesn't exist",
                      "remove the tenant from the plan's tenancy, or restore the database"));
}

}  // namespace

std::vector<UnitCatalog> CatalogReader::read(const std::vector<const plan::Unit*>& units,
                                             const std::stop_token& stop) {
  try {
    return read_together(units);
  } catch (...) {
    connection_.reset();
    if (units.size() == 1) return {failed(current_error())};
  }
  // One of them may be the reason, such as a table that was dropped while its text was asked for:
  // the others don't share its failure. The server's own failure is everyone's.
  std::vector<UnitCatalog> catalogs;
  while (catalogs.size() < units.size()) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    try {
      connection();
    } catch (...) {
      catalogs.resize(units.size(), failed(current_error()));
      break;
    }
    catalogs.push_back(read_alone(*units[catalogs.size()]));
  }
  return catalogs;
}

mariadb::Connection& CatalogReader::connection() {
  if (!connection_) connection_.emplace(endpoint_);
  return *connection_;
}

std::vector<UnitCatalog> CatalogReader::read_together(const std::vector<const plan::Unit*>& units) {
  std::vector<UnitCatalog> catalogs;
  std::vector<std::string> names;
  for (const plan::Unit* unit : units) {
    names.push_back(unit->source_database);
    catalogs.emplace_back().ddl_digest = mariadb::ddl_digest(connection(), unit->source_database);
  }
  std::vector<mariadb::Database> databases = mariadb::read_databases(connection(), names);
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto found =
        std::find_if(databases.begin(), databases.end(), [&](const mariadb::Database& database) {
          return database.name == units[i]->source_database;
        });
    if (found == databases.end()) {
      catalogs[i] = missing(*units[i]);
    } else {
      catalogs[i].database = *found;
    }
  }
  return catalogs;
}

UnitCatalog CatalogReader::read_alone(const plan::Unit& unit) {
  try {
    return std::move(read_together({&unit}).front());
  } catch (...) {
    connection_.reset();
    return failed(current_error());
  }
}

}  // namespace godwit::engine
