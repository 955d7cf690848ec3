// What the tenant's part of the target consists of, as far as a comparison needs to know.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "godwit/postgres/session.hpp"

namespace godwit::verify {

struct CatalogColumn {
  std::string name;
  std::uint32_t type_oid = 0;
  char type_category = ' ';
  std::string type;         // as format_type prints it
  bool byte_order = false;  // its collation, if it has one, is "C": ORDER BY needs no COLLATE
};

using CatalogTables = std::map<std::string, std::vector<CatalogColumn>>;

struct TargetCatalog {
  CatalogTables tables;             // of the session's current schema, by name
  std::vector<std::string> others;  // "schema.table": in schemas other than that and godwit
};

/// One query. Tables of extensions are left out; `others` are there only for a `whole_database`.
TargetCatalog read_target_catalog(postgres::Session& target, bool whole_database);

}  // namespace godwit::verify
