#include "godwit/copy/shared_scan.hpp"

#include <algorithm>

#include "godwit/copy/table_copy.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/schema/copy_buffer.hpp"

namespace godwit::copy {
namespace {

/// Keys go into their map in batches, so that readers don't meet at its lock for each row.
constexpr std::size_t kKeysPerBatch = 4096;
/// Rows from here on, or above a block, take their share of the budget for huge rows.
constexpr std::size_t kHugeRowBytes = 256U << 10U;

bool may_change_values(const schema::TargetTable& table) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [](const auto& column) { return !(column.policies == schema::Policies{}); });
}

}  // namespace

void ScanResult::add(const ScanResult& other) {
  rows += other.rows;
  elsewhere += other.elsewhere;
  nobody += other.nobody;
  if (nobody_example.empty()) nobody_example = other.nobody_example;
}

struct ScanLane::Buffer {
  explicit Buffer(std::size_t capacity) : rows(capacity) {}
  schema::CopyBuffer rows;
  std::uint64_t count = 0;
};

/// The reading of one range.
class ScanLane::Range {
 public:
  Range(ScanLane& lane, mariadb::RowStream& stream, schema::RowCodec& codec, const ScanTable& table)
      : lane_(lane),
        stream_(stream),
        codec_(codec),
        table_(table),
        lossy_(may_change_values(*table.target)) {
    for (const ScanTable::Step& step : table.steps)
      steps_.emplace_back(step.key.columns, step.key.positions);
    for (const ScanTable::Filled& fill : table.fills)
      fills_.emplace_back(fill.key.columns, fill.key.positions);
    batches_.resize(table.fills.size());
    if (lossy_) {
      before_ = codec.counts();
      added_ = before_;
    }
  }

  ScanResult run() {
    while (stream_.next()) {
      if ((result_.rows++ & 0x3FFU) == 0) pause_or_stop();
      const Slot slot = route();
      put_keys(slot);
      if (slot == kElsewhere) {
        ++result_.elsewhere;
      } else if (slot == kNobody) {
        note_nobody();
      } else {
        encode(slot);
      }
    }
    for (std::size_t i = 0; i < fills_.size(); ++i)
      hand_over(i);
    return std::move(result_);
  }

 private:
  Slot route() {
    if (table_.everything_to != kNobody) return table_.everything_to;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (const auto key = steps_[i].read(stream_.row())) return table_.steps[i].map->find(*key);
    }
    return kNobody;
  }

  void put_keys(Slot slot) {
    if (slot == kNobody) return;
    for (std::size_t i = 0; i < fills_.size(); ++i) {
      if (const auto key = fills_[i].read(stream_.row())) batches_[i].push_back({*key, slot});
      if (batches_[i].size() >= kKeysPerBatch) hand_over(i);
    }
  }

  void hand_over(std::size_t fill) {
    table_.fills[fill].map->put(batches_[fill]);
    batches_[fill].clear();
  }

  void encode(Slot slot) {
    const std::size_t row_bytes = stream_.row_bytes();
    const bool huge = row_bytes > std::min(kHugeRowBytes, lane_.options_.block_bytes);
    const auto lease = huge && lane_.options_.huge_rows != nullptr
                           ? lane_.options_.huge_rows->acquire(2 * row_bytes, lane_.options_.stop)
                           : ByteBudget::Lease();
    Buffer& buffer = lane_.buffer_of(slot);
    try {
      codec_.encode(stream_.row(), buffer.rows);
      ++buffer.count;
    } catch (const schema::ValueRefused& refusal) {
      lane_.sink_.refuse(slot, refused_value(*table_.source, *table_.target, codec_, stream_.row(),
                                             refusal.refusal()));
    }
    if (lossy_) report_changes(slot);
    if (huge || buffer.rows.size() >= lane_.options_.block_bytes) lane_.send(slot, buffer);
  }

  void report_changes(Slot slot) {
    const std::vector<schema::PolicyCounts>& now = codec_.counts();
    if (now == before_) return;
    for (std::size_t column = 0; column < now.size(); ++column) {
      for (std::size_t kind = 0; kind < schema::kRefusalCount; ++kind)
        added_[column][kind] = now[column][kind] - before_[column][kind];
    }
    before_ = now;
    lane_.sink_.changed(slot, table_.index, added_);
  }

  void note_nobody() {
    ++result_.nobody;
    if (result_.nobody_example.empty()) {
      result_.nobody_example = describe_row(*table_.target, codec_, stream_.row());
    }
  }

  void pause_or_stop() const {
    if (lane_.options_.before_rows) lane_.options_.before_rows();
    if (lane_.options_.stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, "stopped on request");
    }
  }

  ScanLane& lane_;
  mariadb::RowStream& stream_;
  schema::RowCodec& codec_;
  const ScanTable& table_;
  const bool lossy_;
  std::vector<KeyReader> steps_;
  std::vector<KeyReader> fills_;
  std::vector<std::vector<KeyMap::Entry>> batches_;  // by fill
  std::vector<schema::PolicyCounts> before_;         // when lossy_
  std::vector<schema::PolicyCounts> added_;
  ScanResult result_;
};

ScanLane::ScanLane(RowSink& sink, ScanOptions options)
    : sink_(sink), options_(std::move(options)), buffers_(options_.slots) {}

ScanLane::~ScanLane() = default;

ScanResult ScanLane::scan(mariadb::Connection& source, const std::string& database,
                          schema::RowCodec& codec, const ScanTable& table,
                          const std::string& where) {
  if (table.index != table_) flush();
  table_ = table.index;
  try {
    if (options_.before_rows) options_.before_rows();
    mariadb::RowStream stream(source,
                              schema::select_sql(database, *table.source, *table.target, where));
    return Range(*this, stream, codec, table).run();
  } catch (const Error& error) {
    throw error.within("table " + printable(table.source->name));
  }
}

void ScanLane::flush() {
  // send() takes the slot off the list
  while (!filled_.empty())
    send(filled_.back(), *buffers_[filled_.back()]);
}

ScanLane::Buffer& ScanLane::buffer_of(Slot slot) {
  std::unique_ptr<Buffer>& buffer = buffers_.at(slot);
  // room for the row that crosses the border, so that a buffer rarely grows
  if (!buffer) buffer = std::make_unique<Buffer>(options_.block_bytes + options_.block_bytes / 4);
  if (buffer->rows.size() == 0) filled_.push_back(slot);
  return *buffer;
}

void ScanLane::send(Slot slot, Buffer& buffer) {
  filled_.erase(std::find(filled_.rbegin(), filled_.rend(), slot).base() - 1);
  if (buffer.rows.size() > 0) {
    sink_.put(slot, table_, buffer.rows.bytes(), buffer.count);
    failpoint::hit("copy.mid_rows");
    if (options_.rows != nullptr) {
      options_.rows->fetch_add(buffer.count, std::memory_order_relaxed);
    }
    if (options_.bytes != nullptr) {
      options_.bytes->fetch_add(buffer.rows.size(), std::memory_order_relaxed);
    }
  }
  buffer.rows.clear();
  buffer.count = 0;
  if (buffer.rows.capacity() > 2 * options_.block_bytes) buffer.rows.shrink(options_.block_bytes);
}

}  // namespace godwit::copy
