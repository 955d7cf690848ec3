// Sends the statements of a CascadePlan in front of a row's own operation.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cascade_plan.hpp"
#include "outbox.hpp"
#include "table_writer.hpp"

namespace godwit::apply {

class CascadeSender {
 public:
  explicit CascadeSender(const CascadePlan& plan) : plan_(plan) {}

  /// Of the row that was encoded, which the source checked foreign keys for. Throws Diverged when
  /// the children can't be told.
  void send(const TableWriter& table, const RowChange& row, RowBuffers& buffers, Outbox& outbox);

 private:
  void send_all(const std::vector<CascadeStatement>& statements, RowBuffers& buffers,
                Outbox& outbox);

  const CascadePlan& plan_;
  /// As many as the plan has; the pipeline bounds how many the server keeps.
  std::unordered_map<const CascadeStatement*, postgres::StatementId> statements_;
};

}  // namespace godwit::apply
