#include "cascade_sender.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace godwit::apply {
namespace {

[[noreturn]] void diverge(const TableWriter& table, const RowChange& row, const CascadeKey& key,
                          const std::string& why) {
  Evidence evidence = table.evidence(row);
  evidence.problem = "the target doesn't have the foreign key " + key.name +
                     ", and what it did to the children can't be followed: " + why;
  throw Diverged(std::move(evidence));
}

}  // namespace

void CascadeSender::send(const TableWriter& table, const RowChange& row, RowBuffers& buffers,
                         Outbox& outbox) {
  if (row.kind == capture::RowsKind::write) return;
  const std::vector<CascadeKey>* keys = plan_.find(*table.plan().target);
  if (keys == nullptr) return;
  const bool removes = row.kind == capture::RowsKind::remove;
  for (const CascadeKey& key : *keys) {
    const auto& statements = removes ? key.on_delete : key.on_update;
    const std::string& problem = removes ? key.delete_problem : key.update_problem;
    if (statements.empty() && problem.empty()) continue;
    const bool changes =
        removes || std::any_of(key.columns.begin(), key.columns.end(), [&](std::size_t column) {
          return TableWriter::sets(buffers, column);
        });
    if (!changes) continue;
    const bool known = std::all_of(key.columns.begin(), key.columns.end(),
                                   [&](std::size_t column) { return buffers.before.has(column); });
    if (!known) {
      diverge(table, row, key, "the row image lacks its columns; set binlog_row_image=FULL");
    }
    const bool childless =
        std::any_of(key.columns.begin(), key.columns.end(),
                    [&](std::size_t column) { return buffers.before.is_null(column); });
    if (childless) continue;
    if (!problem.empty()) diverge(table, row, key, problem);
    send_all(statements, buffers, outbox);
  }
}

void CascadeSender::send_all(const std::vector<CascadeStatement>& statements, RowBuffers& buffers,
                             Outbox& outbox) {
  for (const CascadeStatement& statement : statements) {
    buffers.parameters.clear();
    for (const CascadeValue& value : statement.parameters) {
      const bool after = value.after && buffers.after.has(value.column);
      const EncodedRow& row = after ? buffers.after : buffers.before;
      buffers.parameters.push_back(row.parameter(value.column));
    }
    auto known = statements_.find(&statement);
    if (known == statements_.end()) {
      const std::vector<std::uint32_t> types(statement.parameters.size(), 0);
      known =
          statements_.emplace(&statement, outbox.pipeline().prepare(statement.sql, types)).first;
    }
    outbox.send(known->second, buffers.parameters, postgres::kAnyCount);
  }
}

}  // namespace godwit::apply
