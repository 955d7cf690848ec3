#include "indexes.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"
#include "index_parts.hpp"
#include "names.hpp"
#include "period_key.hpp"

namespace godwit::schema {

namespace {

using mariadb::Index;
using mariadb::IndexKind;
using postgres::quote_identifier;
using Parts = std::vector<IndexPartSql>;

/// A column of an index that is cut keeps at least this many bytes.
constexpr std::uint64_t kCutBytesMin = 128;
/// Documents are indexed up to here: a tsvector holds less than 1 MB.
constexpr std::uint64_t kFulltextCharactersMax = 200'000;

/// "a", "b" DESC …
template <class Expression>
std::string list(const Parts& parts, Expression expression) {
  std::vector<std::string> items;
  items.reserve(parts.size());
  for (const IndexPartSql& part : parts) {
    std::string item = expression(part);
    // anything but a plain column name is an expression, which wants parentheses
    if (item != part.column) item = "(" + item + ")";
    items.push_back(part.descending ? item + " DESC" : item);
  }
  return join(items, ", ");
}

std::string values(const Parts& parts) {
  return list(parts, [](const IndexPartSql& part) { return part.value(); });
}

class IndexBuilder {
 public:
  IndexBuilder(BuildContext& context, TableBuild table,
               const std::vector<std::vector<std::string>>& referenced)
      : context_(context), table_(table), referenced_(referenced) {}

  void build(const Index& index) {
    index_ = &index;
    if (index.kind == IndexKind::fulltext) return build_fulltext();
    if (index.kind == IndexKind::spatial) {
      return report("index-spatial", Severity::degraded,
                    "the spatial index is left out: geometries are kept as bytes",
                    "use PostGIS and a GiST index if the application searches by place");
    }
    if (index.ignored && !index.unique) {
      return report("index-ignored", Severity::info, "the IGNORED index is left out", "");
    }
    Parts parts;
    for (const auto& source_part : index.parts) {
      auto part = index_part(table_, source_part);
      if (!part) {
        return report(
            "index-dropped", Severity::degraded,
            "the index is left out: its column " + source_part.column + " is not on the target",
            "see the column's own finding");
      }
      parts.push_back(std::move(*part));
    }
    if (index.without_overlaps) return build_period_key(parts);
    if (index.primary) return build_primary(parts);
    if (index.unique) return build_unique(parts);
    build_secondary(parts);
  }

 private:
  void report(const char* code, Severity severity, std::string message, std::string fix,
              std::string text = {}) {
    context_.findings.add(code, severity, table_.object(index_->name), std::move(message),
                          std::move(fix), std::move(text));
  }

  /// The source's own name where no other table uses it, with the table's name otherwise.
  std::string relation_name() {
    const bool shared =
        context_.index_names[index_->name] > 1 || context_.relations.contains(index_->name);
    const std::string base = index_->primary ? table_.target.name + "_pkey"
                             : shared        ? table_.target.name + "_" + index_->name
                                             : index_->name;
    return context_.relations.add(schema::relation_name(base), table_.object(index_->name));
  }

  void add_index(const std::string& name, const std::string& columns, bool unique,
                 const char* method = "") {
    table_.target.indexes.push_back(
        {name,
         std::string(unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") + quote_identifier(name) +
             " ON " + quote_identifier(table_.target.name) + method + " (" + columns + ")",
         false, unique});
    add_comment(name);
  }

  void add_comment(const std::string& name) {
    if (index_->comment.empty()) return;
    table_.target.comment_sql.push_back("COMMENT ON INDEX " + quote_identifier(name) + " IS " +
                                        postgres::quote_literal(index_->comment));
  }

  [[nodiscard]] std::string need(std::uint64_t bytes) const {
    return "its values may take " + human_count(bytes) + " bytes, a B-tree entry holds " +
           human_count(kIndexBytesMax);
  }

  void build_primary(const Parts& parts) {
    const bool plain = std::all_of(parts.begin(), parts.end(),
                                   [](const IndexPartSql& part) { return part.plain(); });
    if (!plain) {
      report("primary-key-prefix", Severity::degraded,
             "a primary key on the beginning of a column becomes a unique index",
             "give the table a primary key of whole columns");
      return build_unique(parts);
    }
    if (const std::uint64_t bytes = index_bytes(parts); bytes > kIndexBytesMax) {
      report("key-too-wide", Severity::degraded,
             need(bytes) + ": longer ones are refused by the target",
             "shorten the columns, or use a generated key");
    }
    const std::string name = relation_name();
    table_.target.indexes.push_back({name,
                                     "ALTER TABLE " + quote_identifier(table_.target.name) +
                                         " ADD CONSTRAINT " + quote_identifier(name) +
                                         " PRIMARY KEY (" + names(parts) + ")",
                                     true, true});
    add_comment(name);
    build_folded(parts, name);
  }

  static std::string names(const Parts& parts) {
    std::vector<std::string> columns;
    for (const IndexPartSql& part : parts)
      columns.push_back(part.column);
    return join(columns, ", ");
  }

  [[nodiscard]] bool is_referenced() const {
    return std::any_of(referenced_.begin(), referenced_.end(), [&](const auto& columns) {
      return columns.size() == index_->parts.size() &&
             std::all_of(index_->parts.begin(), index_->parts.end(), [&](const auto& part) {
               return std::find(columns.begin(), columns.end(), part.column) != columns.end();
             });
    });
  }

  void build_unique(const Parts& parts) {
    const std::uint64_t bytes = index_bytes(parts);
    const std::string name = relation_name();
    if (bytes <= kIndexBytesMax) {
      add_index(name, values(parts), true);
      return build_folded(parts, name);
    }
    if (is_referenced()) {
      report("key-too-wide", Severity::degraded,
             need(bytes) +
                 ": longer ones are refused by the target, because a foreign key needs "
                 "an index of the plain columns",
             "shorten the columns");
      add_index(name, values(parts), true);
      return build_folded(parts, name);
    }
    report("unique-hashed", Severity::degraded,
           need(bytes) +
               ": the unique index holds the long ones' md5() and serves no look-up by "
               "value or order",
           "compare md5(column) in the application's statements, or shorten the columns");
    build_hashed(parts, name);
  }

  static bool is_long(const IndexPartSql& part) { return part.variable() && part.bytes_max > 64; }

  void build_hashed(const Parts& parts, const std::string& name) {
    if (parts.size() == 1 && !parts.front().collation.icu_locale.empty()) {
      return exclude_folded(parts.front(), name);
    }
    const bool folds = std::any_of(parts.begin(), parts.end(), [](const IndexPartSql& part) {
      return !part.collation.icu_locale.empty();
    });
    if (folds) {
      report("unique-long-case-insensitive", Severity::silent,
             "the target takes values for different that the source's collation takes for equal: "
             "md5() tells case and accents apart",
             "shorten the columns so that the key fits into " + human_count(kIndexBytesMax) +
                 " bytes, or normalise the values in the application");
    }
    add_index(
        name,
        list(parts,
             [](const IndexPartSql& part) {
               if (!is_long(part)) return part.value();
               const std::string value =
                   part.collation.pad_space ? "rtrim(" + part.value() + ", ' ')" : part.value();
               return "md5(" + (part.array ? "array_to_string(" + value + ", ',')" : value) + ")";
             }),
        true);
  }

  /// A hash index compares by collation and holds values of any length, but can't be unique; an
  /// exclusion constraint on it can.
  void exclude_folded(const IndexPartSql& part, const std::string& name) {
    use_collation(part);
    table_.target.indexes.push_back({name,
                                     "ALTER TABLE " + quote_identifier(table_.target.name) +
                                         " ADD CONSTRAINT " + quote_identifier(name) +
                                         " EXCLUDE USING hash ((" + part.folded() + ") WITH =)",
                                     false, true});
    add_comment(name);
    report_folding({part});
  }

  void use_collation(const IndexPartSql& part) {
    const std::string& locale = part.collation.icu_locale;
    if (!locale.empty()) context_.collation_sql[locale] = create_icu_collation(locale);
  }

  /// The second index of a unique key whose collation takes different bytes for equal.
  void build_folded(const Parts& parts, const std::string& plain_name) {
    const bool exact = std::all_of(parts.begin(), parts.end(),
                                   [](const IndexPartSql& part) { return part.collation.exact(); });
    if (exact) return;
    for (const IndexPartSql& part : parts)
      use_collation(part);
    const std::string name = context_.relations.add(plain_name + "_folded", plain_name);
    table_.target.indexes.push_back(
        {name,
         "CREATE UNIQUE INDEX " + quote_identifier(name) + " ON " +
             quote_identifier(table_.target.name) + " (" +
             list(parts, [](const IndexPartSql& part) { return part.folded(); }) + ")",
         false, true});
    report_folding(parts);
  }

  void report_folding(const Parts& parts) {
    std::vector<std::string> locales;
    for (const IndexPartSql& part : parts) {
      if (!part.collation.icu_locale.empty()) locales.push_back(part.collation.icu_locale);
    }
    if (locales.empty()) {
      return report("unique-pad-space", Severity::info,
                    "values that differ in trailing spaces only stay duplicates, by a unique index "
                    "on rtrim()",
                    "");
    }
    report("unique-case-insensitive", Severity::silent,
           "values that differ in case or accents only stay duplicates, by a unique index with the "
           "ICU collation " +
               join(locales, ", ") +
               ", which folds some characters otherwise than MariaDB (docs/reference/type-map.md)",
           "if building that index finds duplicates, rename one of the values on the source");
  }

  /// A unique index over the period's ends would take overlapping periods, and look as if it were
  /// the source's key.
  void build_period_key(const Parts& parts) {
    report("without-overlaps", Severity::degraded,
           "the key becomes an index that is not unique: the target takes overlapping periods",
           "add " + period_exclusion(table_, *index_) +
               " on the target (CREATE EXTENSION btree_gist), or check in the application",
           period_key_text(table_.source, *index_));
    build_secondary(parts);
  }

  void build_secondary(Parts parts) {
    // an index on the beginning of a column is of no use for comparing the whole one
    for (IndexPartSql& part : parts) {
      if (!part.prefix || part.json) continue;
      Parts whole = parts;
      IndexPartSql& candidate = whole[static_cast<std::size_t>(&part - parts.data())];
      candidate.prefix.reset();
      candidate.bytes_max = whole_bytes(candidate);
      if (index_bytes(whole) <= kIndexBytesMax) part = candidate;
    }
    const std::uint64_t bytes = index_bytes(parts);
    if (bytes > kIndexBytesMax) {
      cut(parts, bytes - kIndexBytesMax);
      report("index-cut", Severity::degraded,
             need(bytes) + ": the index holds the beginning of the last columns",
             "compare left(column, n) in the application's statements, or shorten the columns");
    } else if (std::any_of(parts.begin(), parts.end(),
                           [](const IndexPartSql& part) { return part.prefix.has_value(); })) {
      report(
          "index-prefix", Severity::degraded,
          "the index on a column's beginning serves only statements that compare left(column, n)",
          "compare left(column, n) in the application's statements");
    }
    add_index(relation_name(), values(parts), false);
  }

  [[nodiscard]] std::uint64_t whole_bytes(const IndexPartSql& part) const {
    for (const auto& source_part : index_->parts) {
      const auto whole = index_part(table_, {source_part.column, std::nullopt, false});
      if (whole && whole->column == part.column) return whole->bytes_max;
    }
    return part.bytes_max;
  }

  /// Takes `excess` bytes off the variable columns, the last first, so that the index still serves
  /// the leading ones.
  static void cut(Parts& parts, std::uint64_t excess) {
    for (auto part = parts.rbegin(); part != parts.rend() && excess > 0; ++part) {
      if (!part->variable() || part->array || part->bytes_max <= kCutBytesMin) continue;
      const std::uint64_t take = std::min(excess, part->bytes_max - kCutBytesMin);
      const std::uint64_t keep = (part->bytes_max - take) / part->bytes_per_unit;
      part->prefix = static_cast<std::uint32_t>(keep);
      excess -= std::min(excess, part->bytes_max - keep * part->bytes_per_unit);
      part->bytes_max = keep * part->bytes_per_unit;
    }
  }

  void build_fulltext() {
    std::vector<std::string> columns;
    for (const auto& part : index_->parts) {
      const TargetColumn* column = table_.find(part.column);
      if (column == nullptr || column->form != TargetForm::text) {
        return report(
            "index-dropped", Severity::degraded,
            "the full-text index is left out: " + part.column + " is no text on the target",
            "index the words in another way");
      }
      columns.push_back("coalesce(" + quote_identifier(column->name) + "::text, '')");
    }
    report("index-fulltext", Severity::degraded,
           "the full-text index becomes a GIN index on to_tsvector('simple', …): MATCH … AGAINST "
           "has to be written as @@ to_tsquery(…), and ranks otherwise",
           "rewrite the searches; see docs/reference/type-map.md for the expression");
    const std::string text = "left(" + join(columns, " || ' ' || ") + ", " +
                             std::to_string(kFulltextCharactersMax) + ")";
    add_index(relation_name(), "to_tsvector('simple'::regconfig, " + text + ")", false,
              " USING gin");
  }

  BuildContext& context_;
  TableBuild table_;
  const std::vector<std::vector<std::string>>& referenced_;
  const Index* index_ = nullptr;
};

bool identifies_rows(const TableBuild& table, const Index& index) {
  if (!index.unique || index.kind == IndexKind::fulltext || index.kind == IndexKind::spatial) {
    return false;
  }
  return std::all_of(index.parts.begin(), index.parts.end(), [&](const auto& part) {
    const TargetColumn* column = table.find(part.column);
    return column != nullptr && column->not_null && (index.primary || !part.prefix);
  });
}

}  // namespace

void build_indexes(BuildContext& context, TableBuild table,
                   const std::vector<std::vector<std::string>>& referenced) {
  IndexBuilder builder(context, table, referenced);
  std::vector<TargetIndex>& built = table.target.indexes;
  for (const Index& index : table.source.indexes) {
    const std::size_t before = built.size();
    builder.build(index);
    for (std::size_t i = before; i < built.size(); ++i)
      built[i].source_name = index.name;
  }
  const auto& indexes = table.source.indexes;
  const auto key = std::find_if(indexes.begin(), indexes.end(),
                                [&](const Index& index) { return identifies_rows(table, index); });
  if (key == indexes.end()) return;
  for (const auto& part : key->parts) {
    table.target.key.push_back(
        static_cast<std::size_t>(table.find(part.column) - table.target.columns.data()));
  }
}

bool has_plain_unique(const TableBuild& table, const std::vector<std::string>& columns) {
  for (const Index& index : table.source.indexes) {
    if (!index.unique || index.without_overlaps || index.parts.size() != columns.size()) continue;
    const bool plain = std::all_of(index.parts.begin(), index.parts.end(), [&](const auto& part) {
      const auto sql = index_part(table, part);
      return sql && sql->plain() &&
             std::find(columns.begin(), columns.end(), part.column) != columns.end();
    });
    if (plain) return true;
  }
  return false;
}

}  // namespace godwit::schema
