#include "table_writer.hpp"

#include <algorithm>
#include <utility>

#include "godwit/core/error.hpp"
#include "table_statements.hpp"

namespace godwit::apply {
namespace {

using capture::RowsKind;

/// The server takes the column's.
constexpr std::uint32_t kColumnType = 0;

void add_parameters(const EncodedRow& row, std::string_view letters, char wanted,
                    std::vector<postgres::Parameter>& parameters) {
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] == wanted) parameters.push_back(row.parameter(i));
  }
}

}  // namespace

std::string_view operation_name(RowsKind kind) {
  switch (kind) {
    case RowsKind::write: return "insert";
    case RowsKind::update: return "update";
    case RowsKind::remove: return "delete";
  }
  return "";
}

postgres::StatementId ShapeCache::add(const std::string& shape, std::string sql,
                                      std::span<const std::uint32_t> types,
                                      postgres::Pipeline& pipeline) {
  if (order_.size() == kShapesMax) {
    const auto oldest = statements_.find(order_[oldest_]);
    pipeline.forget(oldest->second);
    statements_.erase(oldest);
    order_[oldest_] = shape;
    oldest_ = (oldest_ + 1) % kShapesMax;
  } else {
    order_.push_back(shape);
  }
  const postgres::StatementId id = pipeline.prepare(std::move(sql), types);
  statements_.emplace(shape, id);
  return id;
}

void ShapeCache::forget_all(postgres::Pipeline& pipeline) {
  for (const auto& [shape, statement] : statements_)
    pipeline.forget(statement);
  statements_.clear();
  order_.clear();
  oldest_ = 0;
}

void TableWriter::grew(std::uint64_t rows, Outbox& outbox) {
  inserted_ += rows;
  if (inserted_ < planned_up_to_) return;
  planned_up_to_ = inserted_ * kPlannedFactor;
  shapes_.forget_all(outbox.pipeline());
}

void TableWriter::bind(const std::shared_ptr<const capture::MappedTable>& map) {
  if (binding_ && binding_->map == map) return;
  // The reader forgets tables from time to time and makes them anew.
  if (binding_ && binding_->map->definition == map->definition) {
    binding_->map = map;
    return;
  }
  binding_.reset();
  binding_ = bind_table(*plan_, map);
}

Evidence TableWriter::evidence(const RowChange& row) const {
  Evidence evidence;
  evidence.operation = operation_name(row.kind);
  evidence.table = plan_->source->name;
  if (!binding_) return evidence;
  const ShownRow before{plan_, binding_->codecs, row.before};
  const ShownRow after{plan_, binding_->codecs, row.after};
  evidence.before = row_text(before);
  evidence.after = row_text(after);
  evidence.key = key_text(row.kind == RowsKind::write ? after : before);
  return evidence;
}

void TableWriter::refuse(const RowChange& row, std::string problem) const {
  Evidence found = evidence(row);
  found.problem = std::move(problem);
  throw Diverged(std::move(found));
}

void TableWriter::encode(const RowChange& row, RowBuffers& buffers) {
  buffers.set.clear();
  buffers.match.clear();
  const EncodedRow* under_way = &buffers.before;
  try {
    if (row.kind != RowsKind::write) buffers.before.encode(*plan_, *binding_, *row.before);
    under_way = &buffers.after;
    if (row.kind != RowsKind::remove) buffers.after.encode(*plan_, *binding_, *row.after);
  } catch (const schema::ValueRefused& refused) {
    const schema::TargetColumn& column = plan_->target->columns[under_way->refused_column()];
    std::string problem = "a value of column " + column.source_name +
                          " is refused: " + std::string(schema::name(refused.refusal()));
    const std::string_view choices = schema::policy_choices(refused.refusal());
    if (!choices.empty()) problem += " (a policy may accept it: " + std::string(choices) + ")";
    refuse(row, std::move(problem));
  }
  switch (row.kind) {
    case RowsKind::write: encode_insert(row, buffers); break;
    case RowsKind::update: encode_update(buffers); break;
    case RowsKind::remove: break;
  }
  if (row.kind != RowsKind::write) find_row(row, buffers);
}

void TableWriter::encode_insert(const RowChange& row, RowBuffers& buffers) {
  const std::vector<schema::TargetColumn>& columns = plan_->target->columns;
  buffers.set.assign(columns.size(), given::kValue);
  if (!buffers.after.has_all()) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (buffers.after.has(i)) continue;
      const schema::TargetColumn& column = columns[i];
      const mariadb::Column& source = plan_->source->columns[column.source_index];
      const bool defaults = column.identity ? false
                            : source.default_text && *source.default_text != "NULL"
                                ? !column.default_sql.empty()
                                : source.nullable;
      if (defaults) {
        buffers.set[i] = given::kDefault;
      } else if (!source.default_text && !column.identity && implicit_value(source, column)) {
        buffers.set[i] = given::kImplicit;
      } else {
        refuse(row, "the row image has no value of column " + column.source_name +
                        ", and its default isn't known on the target: set binlog_row_image=FULL "
                        "on the source and copy the tenant again");
      }
    }
  }
  count(buffers.after, buffers, given::kValue);
}

void TableWriter::encode_update(RowBuffers& buffers) {
  const std::size_t columns = plan_->target->columns.size();
  buffers.set.assign(columns, change::kKeep);
  for (std::size_t i = 0; i < columns; ++i) {
    if (!buffers.after.has(i)) continue;
    if (buffers.before.has(i) && buffers.after.same_field(i, buffers.before)) continue;
    buffers.set[i] = change::kSet;
  }
  count(buffers.after, buffers, change::kSet);
}

void TableWriter::find_row(const RowChange& row, RowBuffers& buffers) {
  const schema::TargetTable& table = *plan_->target;
  for (const std::size_t index : table.key) {
    if (buffers.before.has(index)) continue;
    refuse(row, "the row image has no value of the key's column " +
                    table.columns[index].source_name +
                    ": set binlog_row_image=FULL on the source and copy the tenant again");
  }
  if (!table.key.empty()) return;
  if (!buffers.before.has_all()) {
    refuse(row,
           "the table has no key, and the row image not all columns: rows can't be told apart; set "
           "binlog_row_image=FULL on the source and copy the tenant again");
  }
  buffers.match.resize(table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    buffers.match[i] = buffers.before.is_null(i) ? match::kNull : match::kValue;
}

bool TableWriter::sets(const RowBuffers& buffers, std::size_t column) {
  return column < buffers.set.size() && buffers.set[column] == change::kSet;
}

bool TableWriter::sets_referenced(const RowBuffers& buffers) const {
  for (std::size_t i = 0; i < buffers.set.size(); ++i) {
    if (set_plan_.referenced[i] && sets(buffers, i)) return true;
  }
  return false;
}

void TableWriter::send(const RowChange& row, RowBuffers& buffers, Outbox& outbox) {
  std::vector<postgres::Parameter>& parameters = buffers.parameters;
  parameters.clear();
  const bool sets_any =
      row.kind == RowsKind::update && buffers.set.find(change::kSet) != std::string::npos;
  if (row.kind == RowsKind::write) {
    add_parameters(buffers.after, buffers.set, given::kValue, parameters);
  } else if (sets_any) {
    add_parameters(buffers.after, buffers.set, change::kSet, parameters);
  }
  if (row.kind != RowsKind::write) {
    for (const std::size_t index : plan_->target->key)
      parameters.push_back(buffers.before.parameter(index));
    add_parameters(buffers.before, buffers.match, match::kValue, parameters);
  }
  const char kind = row.kind == RowsKind::write    ? 'I'
                    : row.kind == RowsKind::remove ? 'D'
                    : sets_any                     ? 'U'
                                                   : 'L';
  buffers.shape.assign(1, kind);
  if (kind == 'I' || kind == 'U') buffers.shape += buffers.set;
  buffers.shape += ' ';
  buffers.shape += buffers.match;
  buffers.types.assign(parameters.size(), kColumnType);
  if (kind == 'I') grew(1, outbox);
  const postgres::StatementId id =
      shapes_.get(buffers.shape, buffers.types, outbox.pipeline(), [&] {
        switch (kind) {
          case 'I': return insert_sql(*plan_, buffers.set);
          case 'U': return update_sql(*plan_, buffers.set, buffers.match);
          case 'D': return delete_sql(*plan_, buffers.match);
          default: return lock_sql(*plan_, buffers.match);
        }
      });
  outbox.send(id, parameters);
}

bool TableWriter::may_share(RowsKind kind, const RowBuffers& buffers) const {
  if (kind != RowsKind::update)
    return kind == RowsKind::write ? set_plan_.inserts : set_plan_.removes;
  if (!set_plan_.updates) return false;
  bool sets_any = false;
  for (std::size_t i = 0; i < buffers.set.size(); ++i) {
    if (buffers.set[i] != change::kSet) continue;
    if (set_plan_.unique[i] || set_plan_.referenced[i] || set_plan_.arrays[i].array == 0)
      return false;
    sets_any = true;
  }
  return sets_any;
}

void TableWriter::send_set(RowsKind kind, const std::string& set, std::span<const ArrayType> types,
                           ArrayParameters& values, RowBuffers& buffers, Outbox& outbox) {
  const bool one = values.rows() == 1;
  if (one) {
    values.as_values(buffers.parameters);
  } else {
    values.as_arrays(buffers.parameters);
  }
  if (kind == RowsKind::write) grew(values.rows(), outbox);
  const char letter = kind == RowsKind::write ? 'I' : kind == RowsKind::update ? 'U' : 'D';
  buffers.shape.assign(one ? "" : "set ").append(1, letter).append(set).append(1, ' ');
  buffers.types.clear();
  for (const ArrayType& type : types)
    buffers.types.push_back(one ? kColumnType : type.array);
  const postgres::StatementId id =
      shapes_.get(buffers.shape, buffers.types, outbox.pipeline(), [&] {
        switch (kind) {
          case RowsKind::write: return one ? insert_sql(*plan_, set) : insert_set_sql(*plan_);
          case RowsKind::update:
            return one ? update_sql(*plan_, set, {}) : update_set_sql(*plan_, set);
          case RowsKind::remove: return one ? delete_sql(*plan_, {}) : delete_set_sql(*plan_);
        }
        return std::string();
      });
  outbox.send(id, buffers.parameters, values.rows());
}

void TableWriter::count(const EncodedRow& row, const RowBuffers& buffers, char written) {
  if (!row.any_changed_by_policy()) [[likely]]
    return;
  for (std::size_t i = 0; i < buffers.set.size(); ++i) {
    if (buffers.set[i] != written || !row.has(i)) continue;
    const schema::PolicyCounts& changed = row.changed_by_policy(i);
    for (std::size_t kind = 0; kind < changed.size(); ++kind)
      pending_[i][kind] += changed[kind];
  }
  any_pending_ = true;
}

std::optional<std::vector<schema::PolicyCounts>> TableWriter::take_counts() {
  if (!any_pending_) return std::nullopt;
  std::vector<schema::PolicyCounts> counts = pending_;
  forget_counts();
  return counts;
}

void TableWriter::add_counts(const std::vector<schema::PolicyCounts>& committed) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    for (std::size_t kind = 0; kind < counts_[i].size(); ++kind)
      counts_[i][kind] += committed[i][kind];
  }
}

void TableWriter::forget_counts() {
  if (any_pending_) std::fill(pending_.begin(), pending_.end(), schema::PolicyCounts{});
  any_pending_ = false;
}

}  // namespace godwit::apply
