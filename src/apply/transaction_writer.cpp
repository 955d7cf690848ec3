#include "transaction_writer.hpp"

#include <algorithm>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "touched_tables.hpp"

namespace godwit::apply {
namespace {

using capture::RowsKind;

void add_once(const std::string& name, std::vector<std::string>& names) {
  if (!names.empty() && names.back() == name) return;
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

bool is_known(const mariadb::Database& model, const std::string& name) {
  return model.find_table(name) != nullptr ||
         std::any_of(model.sequences.begin(), model.sequences.end(),
                     [&](const mariadb::Sequence& sequence) { return sequence.name == name; });
}

}  // namespace

TransactionWriter::TransactionWriter(const SchemaPlan& schema, Outbox& outbox,
                                     const ApplyOptions& options)
    : schema_(schema),
      outbox_(outbox),
      options_(options),
      run_(options.copy_rows_min),
      cascades_(schema.cascades()) {}

void TransactionWriter::reset() {
  run_.abandon();
  set_.abandon();
  replica_ = false;
}

void TransactionWriter::begin() {
  rows_ = 0;
  written_.clear();
  touched_.clear();
}

TableWriter* TransactionWriter::find_table(const capture::MappedTable& map) {
  const auto known = tables_.find(map.name);
  if (known != tables_.end()) return known->second.get();
  const TablePlan* plan = schema_.find(map.name);
  if (plan == nullptr && !is_known(schema_.model(), map.name)) {
    Evidence evidence;
    evidence.problem = "rows of a table that the source didn't have when it was copied";
    evidence.table = map.name;
    throw Diverged(std::move(evidence));
  }
  std::unique_ptr<TableWriter> writer;
  if (plan != nullptr) {
    writer = std::make_unique<TableWriter>(
        *plan, make_set_plan(schema_.model(), *plan, schema_.cascades()));
  }
  return tables_.emplace(map.name, std::move(writer)).first->second.get();
}

void TransactionWriter::rows(const capture::Change& change) {
  if (!outbox_.counting()) failpoint::hit("apply.mid_transaction");
  add_once(change.table->name, written_);
  TableWriter* const table = find_table(*change.table);
  if (table == nullptr) return;
  table->bind(change.table);
  reader_.open(change.rows, table->binding().columns);
  const bool no_checks = change.rows.has(capture::RowsEvent::kNoForeignKeyChecks);
  while (outbox_.clean() && !located_ && reader_.next()) {
    ++rows_;
    const RowChange row{change.rows.kind,
                        change.rows.kind == RowsKind::write ? nullptr : &reader_.before(),
                        change.rows.kind == RowsKind::remove ? nullptr : &reader_.after()};
    write_row(*table, row, no_checks);
    if (!wanted_ || outbox_.counted() <= *wanted_) continue;
    located_ = LocatedRow{table->evidence(row), &table->plan(), row.kind,
                          row.kind == RowsKind::update ? buffers_.set : std::string()};
  }
  buffers_.before.shrink();
  buffers_.after.shrink();
}

void TransactionWriter::write_row(TableWriter& table, const RowChange& row, bool no_checks) {
  table.encode(row, buffers_);
  const bool replica = no_checks || is_unchecked(table, row);
  if (replica != replica_) {
    send_pending();
    set_role(replica);
  }
  if (!apart_ && row.kind == RowsKind::write && buffers_.after.has_all()) {
    if (run_.table() != &table) send_pending();
    run_.add(table, buffers_.after, outbox_);
    return;
  }
  if (!apart_ && row.kind != RowsKind::write && table.may_share(row.kind, buffers_)) {
    if (!run_.empty()) send_pending();
    if (set_.add(table, row.kind, buffers_)) return;
    send_pending();
    (void)set_.add(table, row.kind, buffers_);  // an empty set takes any
    return;
  }
  send_pending();
  if (!replica) cascades_.send(table, row, buffers_, outbox_);
  table.send(row, buffers_, outbox_);
}

void TransactionWriter::send_pending() {
  if (!run_.empty()) run_.end(buffers_, outbox_);
  if (!set_.empty()) set_.send(buffers_, outbox_);
}

void TransactionWriter::savepoint(const std::string& sql) {
  send_pending();
  // a rollback would set it back
  if (replica_) set_role(false);
  outbox_.send_text(sql);
}

void TransactionWriter::set_role(bool replica) {
  outbox_.send_text(replica ? "SET LOCAL session_replication_role = replica"
                            : "SET LOCAL session_replication_role = origin");
  replica_ = replica;
}

// A foreign key's check may be left out of such an update, for nothing depends on it: it can't
// break the key, nor can it cascade.
bool TransactionWriter::is_unchecked(const TableWriter& table, const RowChange& row) const {
  if (unchecked_.empty() || row.kind != RowsKind::update) return false;
  const schema::TargetTable& target = *table.plan().target;
  const auto changes = [&](const std::string& column) {
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
      if (target.columns[i].name == column) return TableWriter::sets(buffers_, i);
    }
    return false;
  };
  const auto is_free = [&](const schema::TargetForeignKey* key) {
    const bool of_this_table =
        std::any_of(target.foreign_keys.begin(), target.foreign_keys.end(),
                    [&](const schema::TargetForeignKey& own) { return &own == key; });
    return of_this_table && std::none_of(key->columns.begin(), key->columns.end(), changes);
  };
  return std::any_of(unchecked_.begin(), unchecked_.end(), is_free) &&
         !table.sets_referenced(buffers_);
}

void TransactionWriter::touched(const capture::Change& change) {
  add_once(change.table->name, touched_);
}

void TransactionWriter::end() {
  send_pending();
  if (replica_) set_role(false);
  if (touched_.empty() || outbox_.counting()) return;
  const std::vector<std::string> tables = unexplained_tables(schema_.model(), written_, touched_);
  if (tables.empty()) return;
  if (options_.unexplained_tables_stop) {
    Evidence evidence;
    evidence.problem = "a table map without rows names a table that no foreign key leads to";
    evidence.table = tables.front();
    throw Diverged(std::move(evidence));
  }
  for (const std::string& table : tables)
    add_once(table, unexplained_);
}

void TransactionWriter::locate(std::size_t index) {
  wanted_ = index;
  located_.reset();
}

void TransactionWriter::stop_locating() {
  wanted_.reset();
  located_.reset();
}

std::vector<CountedTable> TransactionWriter::take_counts() {
  std::vector<CountedTable> counted;
  for (auto& [name, table] : tables_) {
    if (!table) continue;
    if (auto columns = table->take_counts()) counted.push_back({table.get(), std::move(*columns)});
  }
  return counted;
}

void TransactionWriter::forget_counts() {
  for (auto& [name, table] : tables_) {
    if (table) table->forget_counts();
  }
}

std::vector<const TableWriter*> TransactionWriter::tables() const {
  std::vector<const TableWriter*> list;
  for (const auto& [name, table] : tables_) {
    if (table) list.push_back(table.get());
  }
  return list;
}

}  // namespace godwit::apply
