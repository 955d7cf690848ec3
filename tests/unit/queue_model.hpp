// Transactions as plain values, to be written to a tenant's queue and compared with what it gives
// back; and a folder for its spill.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/capture/tenant_queue.hpp"

namespace godwit::test {

using TablePtr = std::shared_ptr<const capture::MappedTable>;

inline TablePtr mapped_table(std::string name) {
  auto table = std::make_shared<capture::MappedTable>();
  table->database = "crm";
  table->name = std::move(name);
  return table;
}

struct MadeChange {
  capture::ChangeKind kind = capture::ChangeKind::rows;
  TablePtr table;
  capture::RowsKind rows_kind = capture::RowsKind::write;
  std::uint64_t table_id = 0;
  std::uint16_t flags = 0;
  std::size_t column_count = 0;
  std::string before, after, data;
  bool compressed = false;
  std::string database, sql;
  std::uint64_t sql_mode = 0;
  bool ansi_quotes = false;

  bool operator==(const MadeChange&) const = default;
};

struct MadeTransaction {
  Gtid gtid;
  std::uint32_t timestamp = 0;
  std::uint64_t sample = 0;
  std::string file;
  std::uint32_t offset = 0;
  std::vector<MadeChange> changes;

  bool operator==(const MadeTransaction&) const = default;

  [[nodiscard]] capture::TransactionHead head() const {
    return {gtid, timestamp, sample, file, offset};
  }
};

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void write(capture::TenantQueue& queue, const MadeChange& change) {
  if (change.kind == capture::ChangeKind::touched) return queue.touched(change.table);
  if (change.kind == capture::ChangeKind::statement) {
    return queue.statement({change.database, change.sql, change.sql_mode, change.ansi_quotes});
  }
  capture::RowsEvent event;
  event.kind = change.rows_kind;
  event.table_id = change.table_id;
  event.flags = change.flags;
  event.column_count = change.column_count;
  event.before = bytes_of(change.before);
  event.after = bytes_of(change.after);
  event.data = bytes_of(change.data);
  event.compressed = change.compressed;
  queue.rows(change.table, event);
}

inline void write(capture::TenantQueue& queue, const MadeTransaction& transaction) {
  for (const MadeChange& change : transaction.changes)
    write(queue, change);
}

inline void commit(capture::TenantQueue& queue, const MadeTransaction& transaction) {
  write(queue, transaction);
  queue.commit(transaction.head());
}

inline MadeChange made(const capture::Change& change) {
  MadeChange made;
  made.kind = change.kind;
  made.table = change.table;
  made.rows_kind = change.rows.kind;
  made.table_id = change.rows.table_id;
  made.flags = change.rows.flags;
  made.column_count = change.rows.column_count;
  made.before = text_of(change.rows.before);
  made.after = text_of(change.rows.after);
  made.data = text_of(change.rows.data);
  made.compressed = change.rows.compressed;
  made.database = change.statement.database;
  made.sql = change.statement.sql;
  made.sql_mode = change.statement.sql_mode;
  made.ansi_quotes = change.statement.ansi_quotes;
  return made;
}

/// The changes up to `most`; the rest stays unread.
inline std::optional<MadeTransaction> read_next(capture::TenantQueue::Reader& reader,
                                                std::size_t most = SIZE_MAX) {
  const capture::TransactionHead* head = reader.next_transaction();
  if (head == nullptr) return std::nullopt;
  MadeTransaction read;
  while (read.changes.size() < most) {
    const capture::Change* change = reader.next_change();
    if (change == nullptr) break;
    read.changes.push_back(made(*change));
  }
  read.gtid = head->gtid;
  read.timestamp = head->timestamp;
  read.sample = head->sample;
  read.file = head->file;
  read.offset = head->offset;
  return read;
}

inline std::vector<MadeTransaction> read_all(capture::TenantQueue::Reader& reader) {
  std::vector<MadeTransaction> all;
  while (std::optional<MadeTransaction> next = read_next(reader))
    all.push_back(std::move(*next));
  return all;
}

/// A transaction of one insert.
inline MadeTransaction small_transaction(std::uint64_t sequence, const TablePtr& table,
                                         std::size_t data_bytes = 100) {
  MadeChange change;
  change.table = table;
  change.column_count = 3;
  change.after = "\x07";
  change.data = std::string(data_bytes, static_cast<char>('a' + sequence % 26));
  MadeTransaction transaction;
  transaction.gtid = {0, 1, sequence};
  transaction.sample = sequence / 10;
  transaction.file = "binlog.000003";
  transaction.offset = static_cast<std::uint32_t>(sequence);
  transaction.changes.push_back(std::move(change));
  return transaction;
}

/// Content of all kinds from a seed.
class RandomTransactions {
 public:
  explicit RandomTransactions(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 40; ++i)
      tables_.push_back(mapped_table("t" + std::to_string(i)));
  }

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  MadeTransaction next(std::size_t data_max) {
    MadeTransaction transaction;
    transaction.gtid = {static_cast<std::uint32_t>(below(3)), 1, ++sequence_};
    transaction.timestamp = static_cast<std::uint32_t>(random_());
    sample_ += below(3);
    transaction.sample = sample_;
    transaction.file = below(4) == 0 ? std::string() : text(20);
    transaction.offset = static_cast<std::uint32_t>(random_());
    const std::size_t count = below(4) == 0 ? below(40) : below(4);
    for (std::size_t i = 0; i < count; ++i)
      transaction.changes.push_back(change(data_max));
    return transaction;
  }

 private:
  MadeChange change(std::size_t data_max) {
    MadeChange change;
    const std::size_t kind = below(10);
    if (kind == 0) {
      change.kind = capture::ChangeKind::statement;
      change.database = text(10);
      change.sql = text(data_max);
      change.sql_mode = random_();
      change.ansi_quotes = below(2) == 0;
      return change;
    }
    change.table = tables_[below(below(2) == 0 ? 2 : tables_.size())];
    if (kind == 1) {
      change.kind = capture::ChangeKind::touched;
      return change;
    }
    change.rows_kind = static_cast<capture::RowsKind>(below(3));
    change.table_id = random_();
    change.flags = static_cast<std::uint16_t>(random_());
    change.column_count = below(4096);
    change.before = text(5);
    change.after = text(5);
    change.data = text(data_max);
    change.compressed = below(2) == 0;
    return change;
  }

  std::string text(std::size_t longest) {
    return std::string(below(longest + 1), static_cast<char>(below(256)));
  }

  std::mt19937_64 random_;
  std::vector<TablePtr> tables_;
  std::uint64_t sequence_ = 0;
  std::uint64_t sample_ = 0;
};

/// Empty, gone with the object; knows the files without a name in it that this process has open.
class SpillFolder {
 public:
  SpillFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "godwit-queue.XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no folder can be made");
    path_ = std::filesystem::canonical(path);
  }
  SpillFolder(const SpillFolder&) = delete;
  SpillFolder& operator=(const SpillFolder&) = delete;
  ~SpillFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] bool has_names() const { return !std::filesystem::is_empty(path_); }

  /// The descriptor of the one open file, -1: there is none.
  [[nodiscard]] int descriptor() const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (!gone && target.rfind(path_.string() + "/", 0) == 0) {
        return std::stoi(entry.path().filename().string());
      }
    }
    return -1;
  }

  [[nodiscard]] struct stat status() const {
    struct stat status {};
    if (::fstat(descriptor(), &status) != 0) throw std::runtime_error("no spill is open");
    return status;
  }

  /// Changes the first byte of each block.
  void damage() const {
    const int file = descriptor();
    const off_t size = status().st_size;
    for (off_t offset = 0; offset < size; offset += 4096) {
      unsigned char byte = 0;
      if (::pread(file, &byte, 1, offset) != 1) throw std::runtime_error("no byte to damage");
      byte = static_cast<unsigned char>(byte ^ 0x40U);
      if (::pwrite(file, &byte, 1, offset) != 1) throw std::runtime_error("no damage done");
    }
  }

 private:
  std::filesystem::path path_;
};

}  // namespace godwit::test
