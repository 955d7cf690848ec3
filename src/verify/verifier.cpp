#include "godwit/verify/verifier.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "counters.hpp"
#include "cursors.hpp"
#include "digest_target.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "keyed_comparison.hpp"
#include "multiset_comparison.hpp"
#include "source_session.hpp"
#include "table_plan.hpp"
#include "table_report.hpp"
#include "target_catalog.hpp"
#include "watch.hpp"

namespace godwit::verify {

namespace {

/// One read-only view of the target for all tables.
class TargetTransaction {
 public:
  explicit TargetTransaction(postgres::Session& target) : target_(target) {
    target_.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }
  ~TargetTransaction() {
    try {
      target_.execute("ROLLBACK");
    } catch (const Error&) {  // the connection is gone, and the transaction with it
    }
  }
  TargetTransaction(const TargetTransaction&) = delete;
  TargetTransaction& operator=(const TargetTransaction&) = delete;

 private:
  postgres::Session& target_;
};

class Verification {
 public:
  Verification(mariadb::Connection& source, const mariadb::Database& database,
               postgres::Session& target, const schema::TargetSchema& schema,
               const VerifyOptions& options)
      : source_(source),
        database_(database),
        target_(target),
        schema_(schema),
        options_(options),
        watch_(options),
        source_session_(source),
        transaction_(target),
        catalog_(read_target_catalog(target, options.whole_database)) {}

  TenantResult run() {
    for (const schema::TargetTable& table : schema_.tables) {
      watch_.look();
      try {
        compare_table(table);
      } catch (const Error& error) {
        throw error.within("table '" + table.source_name + "'");
      }
    }
    report_extra_tables();
    if (options_.counters) {
      for (Difference& difference : compare_counters(database_, target_, schema_))
        result_.differences.push_back(std::move(difference));
    }
    watch_.look();
    return std::move(result_);
  }

 private:
  void compare_table(const schema::TargetTable& table) {
    TableReport report(table.source_name, options_.differences_max);
    const mariadb::Table* source = database_.find_table(table.source_name);
    const auto actual = catalog_.tables.find(table.name);
    if (source == nullptr) {
      missing_table(report, DifferenceKind::missing_on_source, table.name, "the whole table");
    } else if (actual == catalog_.tables.end()) {
      report.result.source_rows = count_source(*source);
      report.result.differing_rows = report.result.source_rows;
      missing_table(report, DifferenceKind::missing_on_target, table.name, "the whole table");
    } else if (same_columns(table, *source, actual->second, report)) {
      compare_rows(
          plan_table(database_.name, *source, table, actual->second, condition(*source), source_),
          table, report);
    } else {
      report.result.source_rows = count_source(*source);
      report.result.differing_rows = report.result.source_rows;
      report.result.note = "rows not compared: the target's columns are not those of the plan";
    }
    finish(std::move(report));
  }

  void compare_rows(const TablePlan& plan, const schema::TargetTable& table, TableReport& report) {
    if (equals_digest(plan, table, report)) return;
    bool compared = false;
    if (!plan.key.empty()) {
      SourceCursor source(source_, plan, true);
      TargetCursor target(target_, plan, true);
      compared = compare_by_key(source, target, plan, report, watch_);
    }
    if (compared) return;
    report.result.note = table.key.empty() ? "no key: compared as a multiset"
                                           : "no common order of the key: compared as a multiset";
    compare_as_multiset(source_, target_, plan, report, watch_);
  }

  /// Whether the source's rows were read before, together with other tenants', and the target has
  /// the same. If it hasn't, nothing is said yet of what differs.
  bool equals_digest(const TablePlan& plan, const schema::TargetTable& table, TableReport& report) {
    if (options_.digests == nullptr) return false;
    const Digest* source = options_.digests->find(plan.table, options_.digest_key);
    if (source == nullptr) return false;
    const Digest target = digest_target(target_, plan, options_.digests->seed(), watch_);
    if (!same_rows(*source, target)) return false;
    report.result.source_rows = source->rows;
    report.result.target_rows = target.rows;
    report.result.bytes = source->bytes;
    report.result.by_key = false;
    report.result.note = table.key.empty() ? "no key: compared as a multiset"
                                           : "read once for all tenants: compared as a multiset";
    return true;
  }

  void finish(TableReport report) {
    TableResult& result = report.result;
    if (report.full() && result.differing_rows > 0) {
      if (!result.note.empty()) result.note += "; ";
      result.note += human_count(result.differing_rows) + " differing rows, the first " +
                     human_count(report.differences.size()) + " differences are listed";
    }
    result_.tables.push_back(std::move(result));
    std::move(report.differences.begin(), report.differences.end(),
              std::back_inserter(result_.differences));
  }

  /// Always listed, whatever differences_max is: without rows to compare nothing else tells.
  static void missing_table(TableReport& report, DifferenceKind kind, const std::string& target,
                            const std::string& what) {
    const bool on_target = kind == DifferenceKind::missing_on_target;
    report.differences.push_back({report.result.table,
                                  kind,
                                  {},
                                  {},
                                  on_target ? what : "no table '" + report.result.table + "'",
                                  on_target ? "no table '" + target + "'" : what});
  }

  /// Whether the target has the plan's columns with types that send what the plan says.
  static bool same_columns(const schema::TargetTable& table, const mariadb::Table& source,
                           const std::vector<CatalogColumn>& actual, TableReport& report) {
    bool same = true;
    std::set<std::string> expected;
    const auto add = [&](DifferenceKind kind, const std::string& column, const std::string& left,
                         const std::string& right) {
      report.differences.push_back({report.result.table, kind, {}, column, left, right});
    };
    for (const schema::TargetColumn& column : table.columns) {
      expected.insert(column.name);
      const auto found = std::find_if(
          actual.begin(), actual.end(),
          [&](const CatalogColumn& candidate) { return candidate.name == column.name; });
      if (found == actual.end()) {
        add(DifferenceKind::missing_on_target, column.source_name,
            source.columns.at(column.source_index).declared_type,
            "no column '" + column.name + "'");
        same = false;
      } else if (!sends_form(found->type_oid, found->type_category, column.form)) {
        add(DifferenceKind::value, column.source_name, "to be " + column.type, "is " + found->type);
        same = false;
      }
    }
    for (const CatalogColumn& column : actual) {
      if (expected.contains(column.name)) continue;
      add(DifferenceKind::missing_on_source, column.name, "no such column", column.type);
    }
    return same;
  }

  [[nodiscard]] std::string condition(const mariadb::Table& table) const {
    return options_.source_condition ? options_.source_condition(table.name) : std::string();
  }

  std::uint64_t count_source(const mariadb::Table& table) {
    const std::string where = condition(table);
    const auto count = source_.scalar(
        "SELECT COUNT(*) FROM " + mariadb::quote_identifier(database_.name) + "." +
        mariadb::quote_identifier(table.name) + (where.empty() ? "" : " WHERE " + where));
    return count ? std::stoull(*count) : 0;
  }

  void report_extra_tables() {
    std::set<std::string> expected;
    for (const schema::TargetTable& table : schema_.tables)
      expected.insert(table.name);
    const auto add = [&](const std::string& table) {
      result_.differences.push_back({table,
                                     DifferenceKind::missing_on_source,
                                     {},
                                     {},
                                     "no such table",
                                     "a table of its own"});
    };
    for (const auto& [table, columns] : catalog_.tables) {
      if (!expected.contains(table)) add(table);
    }
    for (const std::string& table : catalog_.others)
      add(table);
  }

  mariadb::Connection& source_;
  const mariadb::Database& database_;
  postgres::Session& target_;
  const schema::TargetSchema& schema_;
  const VerifyOptions& options_;
  Watch watch_;
  SourceSession source_session_;
  TargetTransaction transaction_;
  TargetCatalog catalog_;
  TenantResult result_;
};

}  // namespace

std::string_view name(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::missing_on_target: return "missing_on_target";
    case DifferenceKind::missing_on_source: return "missing_on_source";
    case DifferenceKind::value: return "value";
    case DifferenceKind::count: return "count";
  }
  return {};
}

bool TenantResult::identical() const {
  return differences.empty() && std::all_of(tables.begin(), tables.end(), [](const auto& table) {
           return table.differing_rows == 0;
         });
}

TenantResult verify_tenant(mariadb::Connection& source, const mariadb::Database& database,
                           postgres::Session& target, const schema::TargetSchema& schema,
                           const VerifyOptions& options) {
  Watch(options).look();
  // A sort on a server can take minutes before its first row: a stop doesn't wait for it.
  const std::stop_callback on_stop(options.stop, [&] {
    source.cancel();
    target.cancel();
  });
  try {
    return Verification(source, database, target, schema, options).run();
  } catch (const Error&) {
    if (!options.stop.stop_requested()) throw;
    throw Error(ErrorKind::cancelled, "the comparison was stopped");
  }
}

}  // namespace godwit::verify
