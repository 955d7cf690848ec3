#include "row_search.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/row_sizes.hpp"
#include "godwit/plan/tenant_rows.hpp"
#include "row_queries.hpp"
#include "size_spread.hpp"
#include "source_names.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kSampledRows = 1000;
constexpr std::size_t kSamplesMax = 200;  // guesses that are looked at
constexpr double kKnownShareMin = 0.9;    // of a tenant column's sample that the directory has
constexpr std::size_t kCanaryTenants = 2;
constexpr std::size_t kCanaryCandidates = 200;
constexpr std::uint64_t kCanaryRowsMax = 5'000'000;  // counted to find small tenants

std::string qualified(const mariadb::Database& database, const std::string& table) {
  return mariadb::quote_identifier(database.name) + "." + mariadb::quote_identifier(table);
}

RowProposal proposal_of(const mariadb::Database& database, const TenantColumn& tenant) {
  RowProposal proposal;
  proposal.database = database.name;
  proposal.tenant = tenant;
  proposal.directory = database.tables[tenant.directory].name;
  for (const char* column : {"status", "state"}) {
    if (database.tables[tenant.directory].find_column(column) == nullptr) continue;
    proposal.status_column = column;
    break;
  }
  return proposal;
}

/// More of what belongs to tenants is better.
auto weight(const TenantColumn& column) {
  return std::tuple(column.convincing(), column.tables + column.reached);
}

struct Sampled {
  std::uint64_t rows = 0;
  std::uint64_t with_parent = 0;
};

/// All that needs the rows of one database.
class Searcher {
 public:
  Searcher(mariadb::Connection& source, const mariadb::Database& database,
           const TenantColumn& tenant)
      : source_(source), database_(database), tenant_(tenant) {}

  RowSearch run() {
    RowSearch search;
    search.proposal = proposal_of(database_, tenant_);
    search.proposal.tables = propose_tables(database_, tenant_);
    read_names(search.proposal);
    search.proposal.tenants = names_.size();
    search.proposal.values = read_values();
    sample_guesses(search.proposal.tables);
    search.canary = find_canary(search.proposal.tables);
    return search;
  }

  Sampled sample(std::size_t table, const Guess& guess) {
    const mariadb::Rows rows = source_.query_listed(sample_sql(database_, table, guess));
    return {to_count(rows.at(0).at(0)), to_count(rows.at(0).at(1))};
  }

 private:
  [[nodiscard]] const mariadb::Table& directory() const {
    return database_.tables[tenant_.directory];
  }

  /// The first column whose values are fit for names, else the key.
  void read_names(RowProposal& proposal) {
    const std::string key = mariadb::quote_identifier(tenant_.key);
    const auto read = [&](const std::string& column) {
      std::map<std::string, std::string> names;
      for (mariadb::Row& row : source_.query_listed(
               "SELECT " + key + ", " + mariadb::quote_identifier(column) + " FROM " +
               qualified(database_, directory().name) + " WHERE " + key + " IS NOT NULL")) {
        names[std::move(row.at(0)).value()] = std::move(row.at(1)).value_or("");
      }
      return names;
    };
    for (const std::string& column : name_columns(directory(), tenant_.key)) {
      names_ = read(column);
      if (!fit_as_names(names_)) continue;
      proposal.name_column = column;
      return;
    }
    names_ = read(tenant_.key);
  }

  /// How many values the tenant column has, by the index that knows best.
  std::optional<std::uint64_t> read_values() {
    const auto values = source_.scalar(
        "SELECT MAX(cardinality) FROM information_schema.statistics WHERE table_schema = " +
        mariadb::quote_literal(database_.name) +
        " AND column_name = " + mariadb::quote_literal(tenant_.column) + " AND table_name <> " +
        mariadb::quote_literal(directory().name) + " AND seq_in_index = 1");
    if (!values) return std::nullopt;
    return to_count(values);
  }

  void sample_guesses(std::vector<ProposedTable>& tables) {
    std::size_t samples = 0;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (!tables[i].guess || samples++ == kSamplesMax) continue;
      const Sampled sampled = sample(i, *tables[i].guess);
      if (sampled.rows == 0) {
        tables[i].comment += ", and there are no rows to tell";
      } else if (sampled.rows == sampled.with_parent) {
        tables[i].comment +=
            ", but each of " + human_count(sampled.rows) + " sampled rows has a parent";
      } else {
        tables[i].comment += ", and " + human_count(sampled.rows - sampled.with_parent) + " of " +
                             human_count(sampled.rows) + " sampled rows have no parent";
      }
    }
  }

  /// The largest table whose rows per tenant are soon counted; nullopt where there is none.
  [[nodiscard]] std::optional<std::size_t> countable(
      const std::vector<ProposedTable>& tables) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const mariadb::Table& table = database_.tables[i];
      if (!tables[i].by_default || i == tenant_.directory) continue;
      if (table.row_estimate > kCanaryRowsMax) continue;
      if (tenant_access(table, tenant_.column) == TenantAccess::none) continue;
      if (!best || table.row_estimate > database_.tables[*best].row_estimate) best = i;
    }
    return best;
  }

  std::vector<std::string> find_canary(const std::vector<ProposedTable>& tables) {
    std::map<std::string, std::string> name_of;
    for (const auto& [key, name] : names_)
      name_of[key_bytes(*directory().find_column(tenant_.key), key)] = name;
    const std::size_t wanted = names_.empty() ? 0 : std::min(kCanaryTenants, names_.size() - 1);
    std::vector<std::string> canary;
    const auto take = [&](const std::string& name) {
      if (canary.size() < wanted && name.find_first_of("%*?") == std::string::npos &&
          std::find(canary.begin(), canary.end(), name) == canary.end()) {
        canary.push_back(name);
      }
    };
    if (const auto table = countable(tables)) {
      const std::string column = mariadb::quote_identifier(tenant_.column);
      for (const mariadb::Row& row : source_.query_listed(
               "SELECT " + column + ", COUNT(*) FROM " + qualified(database_, tables[*table].name) +
               " GROUP BY " + column + " ORDER BY COUNT(*), " + column + " LIMIT " +
               std::to_string(kCanaryCandidates))) {
        if (!row.at(0)) continue;
        const mariadb::Column& own = *database_.tables[*table].find_column(tenant_.column);
        const auto name = name_of.find(key_bytes(own, *row.at(0)));
        if (name != name_of.end()) take(name->second);
      }
    }
    for (const auto& [key, name] : name_of)
      take(name);
    std::sort(canary.begin(), canary.end());
    return canary;
  }

  mariadb::Connection& source_;
  const mariadb::Database& database_;
  const TenantColumn& tenant_;
  std::map<std::string, std::string> names_;  // key → name
};

/// Where no foreign key says so, the values must.
bool leads_to_directory(mariadb::Connection& source, const mariadb::Database& database,
                        const TenantColumn& tenant) {
  if (tenant.declared > 0) return true;
  const mariadb::Column& key = *database.tables[tenant.directory].find_column(tenant.key);
  for (std::size_t i = 0; i < database.tables.size(); ++i) {
    const mariadb::Column* column = database.tables[i].find_column(tenant.column);
    if (i == tenant.directory || column == nullptr || !same_routing(*column, key)) continue;
    const Sampled sampled =
        Searcher(source, database, tenant).sample(i, {tenant.column, tenant.directory, tenant.key});
    if (sampled.rows == 0) continue;
    return static_cast<double>(sampled.with_parent) >=
           kKnownShareMin * static_cast<double>(sampled.rows);
  }
  return true;
}

/// Nothing for what these grants don't show, or a type that this version doesn't know; a lost
/// connection is another matter.
std::optional<mariadb::Database> read_if_possible(mariadb::Connection& source,
                                                  const std::string& name) {
  try {
    const std::vector<std::string> one{name};
    std::vector<mariadb::Database> databases = mariadb::read_databases(source, one);
    if (databases.empty()) return std::nullopt;
    return std::move(databases.front());
  } catch (const Error& error) {
    if (error.retryable()) throw;
    return std::nullopt;
  }
}

}  // namespace

std::string sample_sql(const mariadb::Database& database, std::size_t table, const Guess& guess) {
  const mariadb::Table& parent = database.tables[guess.parent];
  const std::string column = mariadb::quote_identifier(guess.column);
  const std::string key = "p." + mariadb::quote_identifier(guess.parent_column);
  return "SELECT COUNT(*), COUNT(" + key + ") FROM (SELECT " + column + " AS c FROM " +
         qualified(database, database.tables[table].name) + " WHERE " + column +
         " IS NOT NULL LIMIT " + std::to_string(kSampledRows) + ") AS s LEFT JOIN " +
         qualified(database, parent.name) + " AS p ON " +
         routing_equality(key, *parent.find_column(guess.parent_column), "s.c",
                          *database.tables[table].find_column(guess.column));
}

std::optional<RowProposal> glance_at_rows(mariadb::Connection& source,
                                          const std::vector<std::string>& databases) {
  std::optional<RowProposal> best;
  for (const std::string& name : databases) {
    const auto database = read_if_possible(source, name);
    if (!database) continue;
    const std::vector<TenantColumn> columns = tenant_columns(*database);
    if (columns.empty() || !columns.front().convincing()) continue;
    if (best && weight(columns.front()) <= weight(best->tenant)) continue;
    best = proposal_of(*database, columns.front());
  }
  return best;
}

std::optional<RowSearch> search_rows(mariadb::Connection& source,
                                     const std::vector<std::string>& databases,
                                     const std::optional<DirectoryColumn>& directory) {
  std::optional<mariadb::Database> best;
  std::optional<TenantColumn> tenant;
  for (const std::string& name : databases) {
    auto database = read_if_possible(source, name);
    if (!database) continue;
    std::vector<TenantColumn> columns;
    if (!directory) {
      columns = tenant_columns(*database);
    } else if (auto column = tenant_column_of(*database, directory->table, directory->column)) {
      columns.push_back(std::move(*column));
    }
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const TenantColumn& column) {
          return directory || leads_to_directory(source, *database, column);
        });
    if (found == columns.end() || (tenant && weight(*found) <= weight(*tenant))) continue;
    tenant = *found;
    best = std::move(database);
  }
  if (!best) return std::nullopt;
  return Searcher(source, *best, *tenant).run();
}

}  // namespace godwit::plan
