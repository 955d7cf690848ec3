// Looks on a source for a database whose tables tenants share, and for the evidence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "directory_search.hpp"
#include "godwit/mariadb/connection.hpp"
#include "row_plan_text.hpp"

namespace godwit::plan {

struct RowSearch {
  RowProposal proposal;
  std::vector<std::string> canary;  // names of two small tenants, never of all
};

/// The database among these whose tables speak most for tenants in rows, by its catalog alone;
/// nullopt where none convinces. A database that can't be read is passed by.
std::optional<RowProposal> glance_at_rows(mariadb::Connection& source,
                                          const std::vector<std::string>& databases);

/// The best of these databases, however little speaks for it, with names, counts and samples: a
/// query for the directory, for each guess and for the sizes, none per tenant. `directory` (key in
/// its column) is the operator's choice. nullopt where no two tables share a column that leads to
/// a table of tenants. Throws Error(source).
std::optional<RowSearch> search_rows(mariadb::Connection& source,
                                     const std::vector<std::string>& databases,
                                     const std::optional<DirectoryColumn>& directory);

/// Counts the sampled rows and those whose parent is there.
std::string sample_sql(const mariadb::Database& database, std::size_t table, const Guess& guess);

}  // namespace godwit::plan
