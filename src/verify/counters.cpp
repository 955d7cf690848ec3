#include "counters.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "godwit/core/text.hpp"

namespace godwit::verify {

namespace {

constexpr const char* kNextValue = "next value";
constexpr const char* kNoneLeft = "none left";

/// A sequence as either server describes it; `next` is what it would give out now.
struct Counter {
  std::int64_t next = 0;
  std::int64_t increment = 1;
  std::int64_t minimum = 1;
  std::int64_t maximum = 0;
  bool cycle = false;

  /// The value, or that there is none left.
  [[nodiscard]] std::string text() const {
    if (increment > 0 ? next <= maximum : next >= minimum) return std::to_string(next);
    if (!cycle) return kNoneLeft;
    return std::to_string(increment > 0 ? minimum : maximum);
  }
};

using Owner = std::pair<std::string, std::string>;  // table and column; empty: of no column

struct TargetCounters {
  std::map<std::string, Counter> by_name;
  std::map<Owner, std::string> by_owner;  // names
};

constexpr const char* kSequencesSql = R"sql(
SELECT s.relname, t.relname, a.attname, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle
  FROM pg_catalog.pg_sequence q
  JOIN pg_catalog.pg_class s ON s.oid = q.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
  LEFT JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.oid
   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE n.nspname = pg_catalog.current_schema()
 ORDER BY s.relname)sql";

std::int64_t number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

/// last_value was given out already when `called`; then one step on, but not beyond int64.
std::int64_t next_after(const Counter& counter, std::int64_t last, bool called) {
  std::int64_t next = 0;
  if (!called) return last;
  if (!__builtin_add_overflow(last, counter.increment, &next)) return next;
  return counter.increment > 0 ? INT64_MAX : INT64_MIN;
}

/// A sequence's state is in a relation of its own: one query for many of them.
void read_states(postgres::Session& target, std::span<const std::string> names,
                 TargetCounters& counters) {
  std::vector<std::string> selects;
  for (const std::string& name : names) {
    selects.push_back("SELECT " + postgres::quote_literal(name) + ", last_value, is_called FROM " +
                      postgres::quote_identifier(name));
  }
  for (const postgres::Row& row : target.query(join(selects, " UNION ALL "))) {
    Counter& counter = counters.by_name.at(row[0].value());
    counter.next = next_after(counter, number(row[1]), row[2] == "t");
  }
}

TargetCounters read_counters(postgres::Session& target) {
  constexpr std::size_t kBatch = 200;  // of a UNION ALL
  TargetCounters counters;
  std::vector<std::string> names;
  for (const postgres::Row& row : target.query(kSequencesSql)) {
    const std::string& name = row[0].value();
    names.push_back(name);
    counters.by_name[name] = {0, number(row[3]), number(row[4]), number(row[5]), row[6] == "t"};
    if (row[1]) counters.by_owner[{*row[1], row[2].value_or("")}] = name;
  }
  for (std::size_t first = 0; first < names.size(); first += kBatch) {
    read_states(target, std::span(names).subspan(first, std::min(kBatch, names.size() - first)),
                counters);
  }
  return counters;
}

class CounterComparison {
 public:
  explicit CounterComparison(TargetCounters counters) : counters_(std::move(counters)) {}

  void compare_column(const mariadb::Table& source, const schema::TargetTable& table,
                      const schema::TargetColumn& column) {
    const auto owned = counters_.by_owner.find({table.name, column.name});
    const std::string sequence =
        owned == counters_.by_owner.end() ? column.owned_sequence : owned->second;
    const std::uint64_t next = std::max<std::uint64_t>(1, source.auto_increment.value_or(1));
    const auto found = counters_.by_name.find(sequence);
    const bool fits =
        found == counters_.by_name.end() || std::cmp_less_equal(next, found->second.maximum);
    compare({source.name,
             DifferenceKind::value,
             kNextValue,
             column.source_name,
             fits ? std::to_string(next) : kNoneLeft,
             {}},
            sequence);
  }

  void compare_sequence(const mariadb::Sequence& source, const schema::TargetSequence& sequence) {
    // INCREMENT 0 means the server's auto_increment_increment: upwards
    const Counter counter{source.next_not_cached, source.increment < 0 ? -1 : 1, source.minimum,
                          source.maximum, source.cycle};
    compare({source.name, DifferenceKind::value, kNextValue, {}, counter.text(), {}},
            sequence.name);
  }

  /// What was compared with nothing and belongs to no column.
  void report_extra() {
    for (const auto& [owner, name] : counters_.by_owner)
      counters_.by_name.erase(name);
    for (const auto& [name, counter] : counters_.by_name) {
      differences_.push_back({name,
                              DifferenceKind::missing_on_source,
                              {},
                              {},
                              "no such sequence",
                              "a sequence, next value " + counter.text()});
    }
  }

  std::vector<Difference> take() { return std::move(differences_); }

 private:
  void compare(Difference difference, const std::string& sequence) {
    const auto found = counters_.by_name.find(sequence);
    if (found == counters_.by_name.end()) {
      difference.kind = DifferenceKind::missing_on_target;
      difference.target_value = "no sequence";
      differences_.push_back(std::move(difference));
      return;
    }
    difference.target_value = found->second.text();
    counters_.by_name.erase(found);
    if (difference.source_value != difference.target_value) {
      differences_.push_back(std::move(difference));
    }
  }

  TargetCounters counters_;  // those not compared yet
  std::vector<Difference> differences_;
};

const mariadb::Sequence* find_sequence(const mariadb::Database& database, const std::string& name) {
  const auto found = std::find_if(database.sequences.begin(), database.sequences.end(),
                                  [&](const mariadb::Sequence& s) { return s.name == name; });
  return found == database.sequences.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Difference> compare_counters(const mariadb::Database& database,
                                         postgres::Session& target,
                                         const schema::TargetSchema& schema) {
  CounterComparison comparison(read_counters(target));
  for (const schema::TargetTable& table : schema.tables) {
    const mariadb::Table* source = database.find_table(table.source_name);
    if (source == nullptr) continue;
    for (const schema::TargetColumn& column : table.columns) {
      if (column.owned_sequence.empty() && !column.identity) continue;
      comparison.compare_column(*source, table, column);
    }
  }
  for (const schema::TargetSequence& sequence : schema.sequences) {
    const mariadb::Sequence* source = find_sequence(database, sequence.source_name);
    if (source != nullptr) comparison.compare_sequence(*source, sequence);
  }
  comparison.report_extra();
  return comparison.take();
}

}  // namespace godwit::verify
