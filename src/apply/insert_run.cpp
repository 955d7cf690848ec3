#include "insert_run.hpp"

#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "table_statements.hpp"

namespace godwit::apply {

void InsertRun::add(TableWriter& table, const EncodedRow& row, Outbox& outbox) {
  table_ = &table;
  buffer_.put_int(static_cast<std::int16_t>(table.plan().target->columns.size()));
  buffer_.put_bytes(row.fields().data(), row.fields().size());
  ++rows_;
  if (!copy_ && (rows_ == rows_min_ || buffer_.size() >= kBytesMax)) start_copy(outbox);
  if (copy_ && buffer_.size() >= kBytesMax) {
    failpoint::hit("apply.mid_copy");
    copy_->put(buffer_.bytes());
    buffer_.clear();
  }
}

// The rows wait in the buffer meanwhile.
void InsertRun::start_copy(Outbox& outbox) {
  failpoint::hit("apply.before_copy");
  if (!outbox.pause()) return;  // the transaction has failed: what becomes of the rows is all one
  copy_ = std::make_unique<postgres::CopyIn>(outbox.session(),
                                             schema::copy_sql(*table_->plan().target));
  schema::CopyBuffer header(64);
  header.put_header();
  copy_->put(header.bytes());
}

void InsertRun::end(RowBuffers& buffers, Outbox& outbox) {
  if (table_ == nullptr) return;
  if (!copy_) {
    if (outbox.clean()) send_rows(buffers, outbox);
    abandon();
    return;
  }
  failpoint::hit("apply.mid_copy");
  buffer_.put_trailer();
  copy_->put(buffer_.bytes());
  const std::uint64_t taken = copy_->finish();
  copy_.reset();
  const std::uint64_t given = rows_;
  const std::string name = table_->plan().source->name;
  table_->grew(given, outbox);
  abandon();
  if (taken != given) {
    throw Error(ErrorKind::rejected, "COPY into " + name + " took " + std::to_string(taken) +
                                         " rows of " + std::to_string(given));
  }
}

void InsertRun::send_rows(RowBuffers& buffers, Outbox& outbox) {
  const std::vector<ArrayType>& types = table_->set_plan().arrays;
  const std::string set(types.size(), given::kValue);
  const std::byte* at = buffer_.bytes().data();
  values_.open(types);
  for (std::size_t row = 1; row <= rows_; ++row) {
    at += sizeof(std::int16_t);
    for (std::size_t i = 0; i < types.size(); ++i) {
      const std::size_t size = sizeof(std::int32_t) + field_parameter(at).size;
      values_.add(i, {at, size});
      at += size;
    }
    values_.end_row();
    if (table_->set_plan().inserts && row < rows_) continue;
    table_->send_set(capture::RowsKind::write, set, types, values_, buffers, outbox);
    values_.open(types);
  }
}

void InsertRun::abandon() {
  copy_.reset();
  table_ = nullptr;
  rows_ = 0;
  buffer_.clear();
  buffer_.shrink(kBytesMax);
  values_.shrink();
}

}  // namespace godwit::apply
