// Row tenancy: tenants share the tables of one database. What the plan says of each table.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::plan {

/// Whose a table's rows are.
enum class TableClass {
  owned,      // the tenant's that a column names
  inherited,  // the tenant's that owns the row which a foreign key leads to
  shared,     // reference data: every tenant gets all of it
  central,    // nobody's: they move together, as a unit of their own
  excluded,   // not migrated
  undecided,  // a question that the plan leaves open: nothing runs until it is answered
};
std::string_view name(TableClass kind);
/// Whether its rows belong to tenants (owned or inherited).
bool of_tenants(TableClass kind);

/// One step towards the tenant: "invoice_id -> invoices".
struct TablePath {
  std::vector<std::string> columns;
  std::string parent;
  std::vector<std::string> parent_columns;  // empty: as the foreign key says, else its primary key
};

struct TableRule {
  TableClass kind = TableClass::undecided;
  std::string column;            // owned: holds the tenant's key in the directory
  std::vector<TablePath> paths;  // inherited: the first whose columns are not NULL decides
  /// Rows of no tenant (NULL, a key that the directory lacks, no parent) stay behind, counted;
  /// otherwise they stop the copy.
  bool leave_unrouted = false;
};

struct RowTenancy {
  std::string database;  // that holds the tables
  struct Directory {
    std::string table;        // of that database
    std::string key_column;   // what the tenant columns hold; unique
    std::string name_column;  // the tenant's name; empty: the key
    std::string where;        // SQL, may be empty: whose rows are migrated
  };
  Directory directory;
  std::string default_column;               // tables without a rule that have it are owned
  std::map<std::string, TableRule> tables;  // by name or pattern (%), names first
  std::vector<std::string> dropped_keys;    // foreign keys that tenants' databases don't get
  std::string central_name = "central";     // of the unit of the central tables

  /// The rule of a table: its own, a pattern's, or none.
  [[nodiscard]] const TableRule* find_rule(std::string_view table) const;
};

}  // namespace godwit::plan
