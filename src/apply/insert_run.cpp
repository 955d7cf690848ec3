#include "insert_run.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"

namespace godwit::apply {
namespace {

std::int32_t load_length(const std::byte* at) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, at, sizeof raw);
  return static_cast<std::int32_t>(__builtin_bswap32(raw));
}

}  // namespace

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
  abandon();
  if (taken != given) {
    throw Error(ErrorKind::rejected, "COPY into " + name + " took " + std::to_string(taken) +
                                         " rows of " + std::to_string(given));
  }
}

void InsertRun::send_rows(RowBuffers& buffers, Outbox& outbox) {
  const std::size_t columns = table_->plan().target->columns.size();
  const std::byte* at = buffer_.bytes().data();
  for (std::size_t row = 0; row < rows_; ++row) {
    buffers.parameters.clear();
    at += sizeof(std::int16_t);
    for (std::size_t i = 0; i < columns; ++i) {
      const std::int32_t length = load_length(at);
      at += sizeof length;
      const std::size_t size = length < 0 ? 0 : static_cast<std::size_t>(length);
      buffers.parameters.push_back({at, size, length < 0});
      at += size;
    }
    table_->send_insert(buffers, outbox);
  }
}

void InsertRun::abandon() {
  copy_.reset();
  table_ = nullptr;
  rows_ = 0;
  buffer_.clear();
  buffer_.shrink(kBytesMax);
}

}  // namespace godwit::apply
