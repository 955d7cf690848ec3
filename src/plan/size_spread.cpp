#include "size_spread.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/tenant_rows.hpp"
#include "leading_index.hpp"

namespace godwit::plan {
namespace {

using mariadb::Column;
using mariadb::ColumnType;
using mariadb::Table;

constexpr std::size_t kCountedMax = 20;
constexpr double kCoveredShare = 0.8;
/// Counting this many entries of an index takes minutes.
constexpr std::uint64_t kCountedRowsMax = 50'000'000;
/// A clustered key holds the rows themselves: counting in it reads the table.
constexpr std::uint64_t kClusteredBytesMax = 64U << 20U;

std::uint64_t bytes_of(const Table& table) { return table.data_bytes + table.index_bytes; }

/// An index that holds the tenant column and less than the row: counting reads only that.
bool can_count(const Table& table, const std::string& column) {
  const bool secondary =
      std::any_of(table.indexes.begin(), table.indexes.end(), [&](const mariadb::Index& index) {
        return index.kind == mariadb::IndexKind::btree && begins_with(table, index, column) &&
               !is_clustered(table, index);
      });
  return secondary || (tenant_access(table, column) == TenantAccess::clustered &&
                       table.data_bytes <= kClusteredBytesMax);
}

bool is_directory(const RowContext& context, std::size_t table) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const Table& source = context.source(table);
  return classified.tenant_column && source.name == context.tenancy.directory.table &&
         source.columns[*classified.tenant_column].name == context.tenancy.directory.key_column;
}

std::uint64_t part(std::uint64_t whole, double share) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(whole) * share));
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Parts of a whole by tenant, in the order of the keys.
using Shares = std::vector<double>;

class Spreader {
 public:
  Spreader(const RowContext& context, const std::vector<std::string>& keys,
           const std::map<std::size_t, CountedRows>& counted)
      : context_(context), keys_(keys), counted_(counted) {
    const Column& column = *context.key();
    for (std::size_t i = 0; i < keys.size(); ++i)
      place_.emplace(key_bytes(column, keys[i]), i);
    sizes_.resize(keys.size());
  }

  RowSizes run() {
    for (const auto& [table, rows] : counted_)
      shares_.emplace(table, shares_of(table, rows));
    overall_ = overall_shares();
    RowSizes result;
    for (std::size_t i = 0; i < context_.classification.tables.size(); ++i) {
      if (of_tenants(context_.classification.tables[i].kind)) result.tables.push_back(add(i));
    }
    for (std::size_t i = 0; i < keys_.size(); ++i)
      result.tenants[keys_[i]] = sizes_[i];
    return result;
  }

 private:
  /// Of all rows, so that rows of no tenant keep their part.
  Shares shares_of(std::size_t table, const CountedRows& rows) const {
    Shares shares(keys_.size(), 0);
    const std::size_t column = *context_.classification.tables[table].tenant_column;
    const Column& own = context_.source(table).columns[column];
    for (const auto& [key, count] : rows.by_key) {
      const auto place = place_.find(key_bytes(own, key));
      if (place != place_.end()) shares[place->second] = ratio(count, rows.all);
    }
    return shares;
  }

  Shares overall_shares() const {
    Shares weights(keys_.size(), 0);
    double sum = 0;
    for (const auto& [table, shares] : shares_) {
      const auto bytes = static_cast<double>(bytes_of(context_.source(table)));
      for (std::size_t i = 0; i < shares.size(); ++i) {
        weights[i] += shares[i] * bytes;
        sum += shares[i] * bytes;
      }
    }
    for (double& weight : weights)
      weight = sum > 0 ? weight / sum : 1.0 / static_cast<double>(keys_.size());
    return weights;
  }

  /// Along first paths up to a table that was counted.
  [[nodiscard]] std::optional<std::size_t> counted_ancestor(std::size_t table) const {
    // as many steps as there are tables, or the paths lead round in a circle
    for (std::size_t step = 0; step < context_.classification.tables.size(); ++step) {
      const std::vector<RoutePath>& paths = context_.classification.tables[table].paths;
      if (paths.empty()) return std::nullopt;
      table = paths.front().parent;
      if (shares_.contains(table)) return table;
    }
    return std::nullopt;
  }

  SizedTable add(std::size_t table) {
    const Table& source = context_.source(table);
    SizedTable sized{
        source.name, SizeBasis::all_counted, {}, source.row_estimate, bytes_of(source)};
    const Shares* shares = &overall_;
    Shares even;
    if (const auto counted = counted_.find(table); counted != counted_.end()) {
      sized.basis = SizeBasis::counted;
      sized.rows = counted->second.all;
      shares = &shares_.at(table);
    } else if (is_directory(context_, table)) {
      sized.basis = SizeBasis::directory;
      sized.rows = keys_.size();
      even.assign(keys_.size(), ratio(1, keys_.size()));
      shares = &even;
    } else if (const auto ancestor = counted_ancestor(table)) {
      sized.basis = SizeBasis::ancestor;
      sized.ancestor = context_.source(*ancestor).name;
      shares = &shares_.at(*ancestor);
    }
    for (std::size_t i = 0; i < shares->size(); ++i) {
      sizes_[i].rows += part(sized.rows, (*shares)[i]);
      sizes_[i].bytes += part(sized.bytes, (*shares)[i]);
    }
    return sized;
  }

  const RowContext& context_;
  const std::vector<std::string>& keys_;
  const std::map<std::size_t, CountedRows>& counted_;
  std::map<std::string, std::size_t> place_;  // routing key → index into keys_
  std::map<std::size_t, Shares> shares_;      // of counted tables
  Shares overall_;
  std::vector<TenantRows> sizes_;
};

}  // namespace

std::string_view name(SizeBasis basis) {
  switch (basis) {
    case SizeBasis::counted: return "counted";
    case SizeBasis::directory: return "directory";
    case SizeBasis::ancestor: return "ancestor";
    case SizeBasis::all_counted: return "all_counted";
  }
  return {};
}

std::vector<std::size_t> tables_to_count(const RowContext& context) {
  std::vector<std::size_t> able;
  std::vector<std::size_t> huge;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < context.classification.tables.size(); ++i) {
    const ClassifiedTable& classified = context.classification.tables[i];
    const Table& table = context.source(i);
    if (!classified.tenant_column || is_directory(context, i)) continue;
    if (!can_count(table, table.columns[*classified.tenant_column].name)) continue;
    if (table.row_estimate > kCountedRowsMax) {
      huge.push_back(i);
    } else {
      able.push_back(i);
      all += bytes_of(table);
    }
  }
  const auto by_size = [&](std::size_t a, std::size_t b) {
    return bytes_of(context.source(a)) > bytes_of(context.source(b));
  };
  if (able.empty()) {
    // the smallest of them is better than nothing
    if (huge.empty()) return {};
    return {*std::max_element(huge.begin(), huge.end(), by_size)};
  }
  std::stable_sort(able.begin(), able.end(), by_size);
  std::vector<std::size_t> chosen;
  std::uint64_t covered = 0;
  for (const std::size_t table : able) {
    chosen.push_back(table);
    covered += bytes_of(context.source(table));
    if (chosen.size() == kCountedMax) break;
    if (static_cast<double>(covered) >= kCoveredShare * static_cast<double>(all)) break;
  }
  return chosen;
}

std::string count_by_tenant_sql(const RowContext& context, std::size_t table) {
  const Table& source = context.source(table);
  const Column& column = source.columns[*context.classification.tables[table].tenant_column];
  const bool text = column.type == ColumnType::char_ || column.type == ColumnType::varchar;
  const std::string key = (text ? "BINARY " : "") + mariadb::quote_identifier(column.name);
  return "SELECT " + key + ", COUNT(*) FROM " + mariadb::quote_identifier(context.database.name) +
         "." + mariadb::quote_identifier(source.name) + " GROUP BY " + key;
}

RowSizes spread_sizes(const RowContext& context, const std::vector<std::string>& keys,
                      const std::map<std::size_t, CountedRows>& counted) {
  return Spreader(context, keys, counted).run();
}

}  // namespace godwit::plan
