#include "table_checks.hpp"

#include <algorithm>
#include <array>

#include "collation.hpp"
#include "columns.hpp"
#include "godwit/core/text.hpp"

namespace godwit::schema {

namespace {

constexpr std::uint64_t kRowBytesMax = 8160;
constexpr std::size_t kColumnsMax = 1600;
/// A value moved out of the row leaves a pointer of 18 bytes, here with its alignment.
constexpr std::uint64_t kPointerBytes = 24;
constexpr std::array<std::string_view, 7> kStoringEngines = {
    "InnoDB", "MyISAM", "Aria", "MEMORY", "CSV", "ARCHIVE", "ROCKSDB"};

class TableCheck {
 public:
  TableCheck(BuildContext& context, TableBuild table) : context_(context), table_(table) {}

  void run() {
    if (table_.source.engine.empty()) return report_unreadable();
    check_name();
    check_engine();
    check_constraints();
    check_row();
    check_text();
    if (table_.target.key.empty()) {
      report("no-key", Severity::info,
             "the table has no primary key and no unique key of NOT NULL columns: its rows are "
             "compared as a whole",
             "give it a primary key");
    }
  }

 private:
  void report(const char* code, Severity severity, std::string message, std::string fix,
              std::string text = {}) {
    context_.findings.add(code, severity, table_.source.name, std::move(message), std::move(fix),
                          std::move(text));
  }

  /// What the catalog says about such a table is not worth a finding of its own.
  void report_unreadable() {
    report("table-unreadable", Severity::error, "the source can't open the table",
           "repair or drop the table on the source, or exclude it",
           table_.source.comment);  // there the catalog has the server's message
  }

  void check_name() {
    if (table_.target.name == table_.source.name) return;
    report("identifier-renamed", Severity::degraded,
           "the table is named " + printable(table_.target.name) + " on the target",
           "use the new name in the application's statements");
  }

  void check_engine() {
    const std::string& engine = table_.source.engine;
    if (std::find(kStoringEngines.begin(), kStoringEngines.end(), engine) ==
        kStoringEngines.end()) {
      report("engine-unsupported", Severity::error,
             "the rows of a table of the engine " + engine + " are not its own",
             "exclude the table, or copy it into an InnoDB table");
    } else if (!table_.source.transactional()) {
      report("engine-non-transactional", Severity::info,
             "tables of the engine " + engine +
                 " take no part in snapshots: this one is locked "
                 "against writing while it is copied",
             "ALTER TABLE … ENGINE=InnoDB");
    }
    if (table_.source.system_versioned) {
      report("system-versioned", Severity::error,
             "the table keeps the history of its rows, which PostgreSQL can't hold",
             "exclude the table, or ALTER TABLE … DROP SYSTEM VERSIONING");
    }
    if (table_.source.partitioned) {
      report("partitions", Severity::info, "the partitioned table becomes one plain table", "");
    }
  }

  void check_constraints() {
    for (const mariadb::Check& check : table_.source.checks) {
      context_.findings.add("check-constraint", Severity::degraded, table_.object(check.name),
                            "the CHECK constraint is not translated: the target takes values that "
                            "it refuses",
                            "write it for PostgreSQL, or check in the application",
                            check.expression);
    }
  }

  void check_row() {
    const auto& columns = table_.target.columns;
    if (columns.empty()) {
      report("no-columns", Severity::error, "no column of the table can be migrated",
             "see the columns' own findings, or exclude the table");
    }
    if (columns.size() > kColumnsMax) {
      report("too-many-columns", Severity::error,
             "the table has " + human_count(columns.size()) + " columns, a PostgreSQL table " +
                 human_count(kColumnsMax) + " at most",
             "split the table, or exclude it");
    }
    std::uint64_t least = row_header(columns.size());
    std::uint64_t most = least;
    for (const TargetColumn& column : columns) {
      const std::uint64_t variable = target_bytes_max(table_.source_of(column), column);
      const std::uint64_t bytes =
          variable == 0 ? fixed_bytes(column.form) : std::min(variable + 4, kPointerBytes);
      most += bytes;
      if (column.not_null && variable == 0) least += bytes;
    }
    if (least > kRowBytesMax) {
      report("row-too-wide", Severity::error,
             "the NOT NULL columns of fixed width take " + human_count(least) +
                 " bytes a row, a PostgreSQL page " + human_count(kRowBytesMax),
             "choose narrower types for some columns, or split the table");
    } else if (most > kRowBytesMax) {
      report("row-may-be-too-wide", Severity::degraded,
             "a row with every column filled takes " + human_count(most) +
                 " bytes, a PostgreSQL page " + human_count(kRowBytesMax) +
                 ": such rows are refused",
             "choose narrower types for some columns, or split the table");
    }
  }

  static std::uint64_t row_header(std::size_t columns) { return 24 + (columns + 7) / 8; }

  static std::uint64_t fixed_bytes(TargetForm form) {
    switch (form) {
      case TargetForm::boolean: return 1;
      case TargetForm::int2: return 2;
      case TargetForm::int4:
      case TargetForm::float4:
      case TargetForm::date: return 4;
      case TargetForm::interval:
      case TargetForm::uuid: return 16;
      case TargetForm::int8:
      case TargetForm::float8:
      case TargetForm::timestamp:
      case TargetForm::timestamptz:
      case TargetForm::time: return 8;
      case TargetForm::numeric:
      case TargetForm::bit:
      case TargetForm::text:
      case TargetForm::jsonb:
      case TargetForm::text_array:
      case TargetForm::bytea:
      case TargetForm::inet: return kPointerBytes;
    }
    return 0;
  }

  void check_text() {
    std::vector<std::string> names;
    std::string collations;
    for (const TargetColumn& column : table_.target.columns) {
      const mariadb::Column& source = table_.source_of(column);
      if (source.charset.empty() || column.form != TargetForm::text) continue;
      if (source.type == mariadb::ColumnType::json) continue;
      if (collation_rule(source.collation).exact()) continue;
      names.push_back(source.name);
      if (collations.find(source.collation) == std::string::npos) {
        collations += (collations.empty() ? "" : ", ") + source.collation;
      }
    }
    if (names.empty()) return;
    report(
        "text-comparison", Severity::silent,
        "these columns compare by " + collations +
            " on the source, byte by byte on the target "
            "(=, LIKE, ORDER BY, GROUP BY, DISTINCT): " +
            join(names, ", "),
        "compare lower(column), or with a COLLATE clause, where case, accents or trailing spaces "
        "must not matter");
  }

  BuildContext& context_;
  TableBuild table_;
};

}  // namespace

void check_table(BuildContext& context, TableBuild table) { TableCheck(context, table).run(); }

void report_code(BuildContext& context) {
  for (const mariadb::CodeObject& object : context.database.code) {
    const std::string code =
        object.kind == "view" || object.kind == "trigger" || object.kind == "event" ? object.kind
                                                                                    : "routine";
    const std::string name = object.table.empty() ? object.name : object.table + "." + object.name;
    context.findings.add(code.c_str(), Severity::degraded, name,
                         "the " + object.kind + " is not migrated" +
                             (object.text.empty() ? "; the grants don't show its text" : ""),
                         "write it for PostgreSQL, or move it into the application", object.text);
  }
}

}  // namespace godwit::schema
