#include "directory_search.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "source_names.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kDatabasesMax = 100;  // that are searched
constexpr std::size_t kTablesMax = 300;
constexpr std::size_t kSamplesMax = 8;
constexpr double kShareMin = 0.8;

struct CandidateTable {
  std::string database;
  std::string table;
  std::vector<std::string> columns;
};

std::string literal_list(const std::vector<std::string>& texts) {
  std::vector<std::string> literals;
  literals.reserve(texts.size());
  for (const std::string& text : texts)
    literals.push_back(mariadb::quote_literal(text));
  return join(literals, ", ");
}

std::string qualified(const std::string& database, const std::string& table) {
  return mariadb::quote_identifier(database) + "." + mariadb::quote_identifier(table);
}

bool has(const std::vector<std::string>& sorted, const std::string& text) {
  return std::binary_search(sorted.begin(), sorted.end(), text);
}

/// A directory has about a row per tenant; what is much larger is something else.
std::size_t rows_max(const DirectoryQuestion& question) {
  return 4 * question.tenants.size() + 10'000;
}

std::vector<CandidateTable> candidate_tables(mariadb::Connection& source,
                                             const DirectoryQuestion& question) {
  std::vector<std::string> others;
  for (const std::string& database : question.databases) {
    if (!has(question.tenants, database) && others.size() < kDatabasesMax) {
      others.push_back(database);
    }
  }
  if (others.empty()) return {};
  const mariadb::Rows rows = source.query(
      "SELECT c.table_schema, c.table_name, c.column_name"
      " FROM information_schema.columns c JOIN information_schema.tables t"
      " ON t.table_schema = c.table_schema AND t.table_name = c.table_name"
      " WHERE c.table_schema IN (" +
      literal_list(others) +
      ")"
      " AND t.table_schema IN (" +
      literal_list(others) +
      ")"
      " AND c.data_type IN ('varchar', 'char') AND t.table_type = 'BASE TABLE'"
      " AND t.table_rows <= " +
      std::to_string(rows_max(question)) +
      " ORDER BY BINARY c.table_schema, BINARY c.table_name, c.ordinal_position");
  std::vector<CandidateTable> tables;
  for (const mariadb::Row& row : rows) {
    const std::string& database = row.at(0).value();
    const std::string& table = row.at(1).value();
    // A plan writes database.table: a dot in a name would be taken for the separator.
    if (database.find('.') != std::string::npos || table.find('.') != std::string::npos) continue;
    if (tables.empty() || tables.back().database != database || tables.back().table != table) {
      if (tables.size() == kTablesMax) break;
      tables.push_back({database, table, {}});
    }
    tables.back().columns.push_back(row.at(2).value());
  }
  return tables;
}

std::vector<std::string> samples(const std::vector<std::string>& tenants) {
  std::vector<std::string> chosen;
  const std::size_t step = std::max<std::size_t>(1, tenants.size() / kSamplesMax);
  for (std::size_t i = 0; i < tenants.size() && chosen.size() < kSamplesMax; i += step) {
    chosen.push_back(tenants[i]);
  }
  return chosen;
}

/// Columns of a table in which at least one of the sampled names occurs; one query.
std::vector<std::string> columns_with_samples(mariadb::Connection& source,
                                              const CandidateTable& table,
                                              const std::vector<std::string>& names) {
  std::vector<std::string> sums;
  for (const std::string& column : table.columns) {
    sums.push_back("MAX(" + mariadb::quote_identifier(column) + " IN (" + literal_list(names) +
                   "))");
  }
  const mariadb::Rows rows = source.query("SELECT " + join(sums, ", ") + " FROM " +
                                          qualified(table.database, table.table));
  std::vector<std::string> found;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (rows.at(0).at(i) == "1") found.push_back(table.columns[i]);
  }
  return found;
}

void find_names(mariadb::Connection& source, DirectoryCandidate& candidate) {
  const std::string from = " FROM " + qualified(candidate.place.database, candidate.place.table);
  const mariadb::Rows columns =
      source.query("SELECT column_name FROM information_schema.columns WHERE table_schema = " +
                   mariadb::quote_literal(candidate.place.database) +
                   " AND table_name = " + mariadb::quote_literal(candidate.place.table) +
                   " AND data_type IN ('varchar', 'char')");
  for (const std::string_view wanted : kNameColumns) {
    const auto row = std::find_if(columns.begin(), columns.end(), [&](const mariadb::Row& column) {
      return column.at(0) == wanted && column.at(0) != candidate.place.column;
    });
    if (row == columns.end()) continue;
    std::map<std::string, std::string> names;
    for (const mariadb::Row& pair :
         source.query("SELECT " + mariadb::quote_identifier(candidate.place.column) + ", " +
                      mariadb::quote_identifier(wanted) + from)) {
      if (pair.at(0)) names[*pair.at(0)] = pair.at(1).value_or("");
    }
    if (!fit_as_names(names)) continue;
    candidate.name_column = std::string(wanted);
    candidate.tenant_of = std::move(names);
    return;
  }
}

bool convincing(const DirectoryCandidate& candidate, const DirectoryQuestion& question) {
  const auto listed = static_cast<double>(candidate.listed);
  const auto values = static_cast<double>(candidate.listed + candidate.unknown.size());
  return listed >= kShareMin * static_cast<double>(question.tenants.size()) &&
         listed >= kShareMin * values;
}

}  // namespace

DirectoryCandidate judge_directory(mariadb::Connection& source, const DirectoryQuestion& question,
                                   const DirectoryColumn& place) {
  DirectoryCandidate candidate;
  candidate.place = place;
  std::map<std::string, std::size_t> values;
  for (const mariadb::Row& row : source.query("SELECT " + mariadb::quote_identifier(place.column) +
                                              " FROM " + qualified(place.database, place.table))) {
    if (!row.at(0) || row.at(0)->empty()) {
      ++candidate.empty;
    } else {
      ++values[*row.at(0)];
    }
  }
  for (const auto& [value, count] : values) {
    if (count > 1) ++candidate.repeated;
    if (has(question.tenants, value)) ++candidate.listed;
    if (has(question.databases, value)) {
      candidate.tenant_of[value] = value;
    } else {
      candidate.unknown.push_back(value);
    }
  }
  if (candidate.usable()) find_names(source, candidate);
  return candidate;
}

std::optional<DirectoryCandidate> find_directory(mariadb::Connection& source,
                                                 const DirectoryQuestion& question) {
  std::optional<DirectoryCandidate> best;
  const std::vector<std::string> names = samples(question.tenants);
  // Ties go to the first in the order of names, so that the proposal is stable.
  const auto rank = [](const DirectoryCandidate& of) {
    return std::tuple(of.usable(), of.listed, -static_cast<std::int64_t>(of.unknown.size()));
  };
  for (const CandidateTable& table : candidate_tables(source, question)) {
    try {
      for (const std::string& column : columns_with_samples(source, table, names)) {
        DirectoryCandidate candidate =
            judge_directory(source, question, {table.database, table.table, column});
        if (!convincing(candidate, question)) continue;
        if (!best || rank(candidate) > rank(*best)) best = std::move(candidate);
      }
    } catch (const Error& error) {
      // Broken or not readable with these grants: no directory, then; a lost connection is one.
      if (error.retryable()) throw;
    }
  }
  return best;
}

}  // namespace godwit::plan
