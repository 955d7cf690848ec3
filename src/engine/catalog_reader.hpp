// Reads what the source says of the units to be provisioned: many in one question, because
// information_schema costs by the query as well as by the table.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::engine {

struct UnitCatalog {
  mariadb::DdlDigest ddl_digest;  // taken before the catalog was read
  std::optional<mariadb::Database> database;
  std::optional<Error> failure;  // of this unit alone, or of the server; then there is no database
};

class CatalogReader {
 public:
  explicit CatalogReader(const mariadb::Endpoint& endpoint) : endpoint_(endpoint) {}

  /// In the order of `units`; what can't be read says why. Throws Error(cancelled).
  std::vector<UnitCatalog> read(const std::vector<const plan::Unit*>& units,
                                const std::stop_token& stop);

 private:
  mariadb::Connection& connection();
  std::vector<UnitCatalog> read_together(const std::vector<const plan::Unit*>& units);
  UnitCatalog read_alone(const plan::Unit& unit);

  const mariadb::Endpoint& endpoint_;
  std::optional<mariadb::Connection> connection_;  // none after a failure
};

}  // namespace godwit::engine
