// From a catalog to a proposal of row tenancy: which column names the tenant, which table lists
// them, whose each table's rows are. Pure; what it can't decide becomes a question.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/row_tenancy.hpp"

namespace godwit::plan {

/// A column that many tables have, and the table that it leads to.
struct TenantColumn {
  std::string column;
  std::size_t directory = 0;  // index into the database's tables
  std::string key;            // the directory's unique column
  std::size_t tables = 0;     // others that have the column, comparable with the key
  std::size_t declared = 0;   // of these, with a foreign key to the directory
  std::size_t not_null = 0;   // of these, without NULL
  std::size_t reached = 0;    // further ones that foreign keys lead to one of these
  std::size_t all = 0;        // tables of the database

  /// Whether it stands for most of the database, so that tenants seem to share the tables.
  [[nodiscard]] bool convincing() const;
};

/// The likeliest first; at least two tables have the column. Columns that lead to a table which
/// belongs to a more frequent one (a customer of a company) come behind.
std::vector<TenantColumn> tenant_columns(const mariadb::Database& database);
/// The same for a directory that the operator names; nullopt when no table leads to it.
std::optional<TenantColumn> tenant_column_of(const mariadb::Database& database,
                                             const std::string& directory, const std::string& key);

/// A way to a tenant that no foreign key declares; only the name says so.
struct Guess {
  std::string column;
  std::size_t parent = 0;
  std::string parent_column;
};

struct ProposedTable {
  std::string name;
  TableClass kind = TableClass::undecided;  // undecided: `ask`
  std::string column;                       // owned
  std::string path;                         // inherited: "invoice_id -> invoices"
  bool by_default = false;                  // owned by the default column: needs no line
  std::string comment;                      // why, or what to choose from
  std::optional<Guess> guess;               // worth a look at the rows; undecided only
};

/// One for each table, in the order of the catalog.
std::vector<ProposedTable> propose_tables(const mariadb::Database& database,
                                          const TenantColumn& tenant);

}  // namespace godwit::plan
