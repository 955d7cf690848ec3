#include "sequences.hpp"
#include "names.hpp"

#include <algorithm>
#include <limits>

#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::schema {

namespace {

std::string setval(const std::string& sequence, std::int64_t value, bool called) {
  return "SELECT setval(" + postgres::quote_literal(postgres::quote_identifier(sequence)) +
         "::regclass, " + std::to_string(value) + ", " + (called ? "true" : "false") + ")";
}

/// The sequence's next value is `next`; beyond the end it is exhausted, as on the source.
std::string set_sequence(const mariadb::Sequence& source, const TargetSequence& target) {
  if (source.next_not_cached > source.maximum) return setval(target.name, source.maximum, true);
  if (source.next_not_cached < source.minimum) return setval(target.name, source.minimum, true);
  return setval(target.name, source.next_not_cached, false);
}

std::string set_counter(const std::string& table, const TargetColumn& column,
                        const mariadb::Column& source, std::uint64_t next) {
  const auto greatest = static_cast<std::uint64_t>(sequence_max(column));
  if (next <= greatest) {
    return setval(column.owned_sequence,
                  static_cast<std::int64_t>(std::max<std::uint64_t>(1, next)), false);
  }
  // a signed counter at the end of its type is exhausted on both sides
  if (!source.is_unsigned) return setval(column.owned_sequence, sequence_max(column), true);
  throw Error(ErrorKind::rejected,
              "AUTO_INCREMENT of " + table + "." + column.source_name + " stands at " +
                  std::to_string(next) + ", above the greatest value of the target's sequence, " +
                  std::to_string(sequence_max(column)),
              "give the table smaller numbers, or exclude it");
}

}  // namespace

void build_sequences(BuildContext& context, TargetSchema& schema) {
  for (const mariadb::Sequence& source : context.database.sequences) {
    if (context.overrides.excluded(source.name)) continue;
    TargetSequence target;
    target.source_name = source.name;
    target.name = context.relations.add(relation_name(source.name), source.name);
    std::int64_t increment = source.increment;
    if (increment == 0) {
      increment = 1;
      context.findings.add(
          "sequence-increment", Severity::silent, source.name,
          "INCREMENT 0 follows the server's auto_increment_increment; it becomes 1",
          "set the increment on the source");
    }
    // CACHE 1: PostgreSQL caches by session, which would give numbers out of order
    target.create_sql =
        "CREATE SEQUENCE " + postgres::quote_identifier(target.name) + " AS bigint INCREMENT BY " +
        std::to_string(increment) + " MINVALUE " + std::to_string(source.minimum) + " MAXVALUE " +
        std::to_string(source.maximum) + " START WITH " + std::to_string(source.start) +
        " CACHE 1" + (source.cycle ? " CYCLE" : " NO CYCLE");
    schema.sequences.push_back(std::move(target));
  }
}

std::int64_t sequence_max(const TargetColumn& column) {
  if (column.form == TargetForm::int2) return std::numeric_limits<std::int16_t>::max();
  if (column.form == TargetForm::int4) return std::numeric_limits<std::int32_t>::max();
  return std::numeric_limits<std::int64_t>::max();
}

std::vector<std::string> counter_sql(const TargetSchema& schema,
                                     const mariadb::Database& database) {
  std::vector<std::string> statements;
  for (const TargetTable& table : schema.tables) {
    const mariadb::Table* source = database.find_table(table.source_name);
    if (source == nullptr || !source->auto_increment) continue;
    for (const TargetColumn& column : table.columns) {
      if (column.owned_sequence.empty()) continue;
      statements.push_back(set_counter(table.source_name, column,
                                       source->columns[column.source_index],
                                       *source->auto_increment));
    }
  }
  for (const TargetSequence& target : schema.sequences) {
    const auto source = std::find_if(
        database.sequences.begin(), database.sequences.end(),
        [&](const mariadb::Sequence& sequence) { return sequence.name == target.source_name; });
    if (source != database.sequences.end()) statements.push_back(set_sequence(*source, target));
  }
  return statements;
}

}  // namespace godwit::schema
