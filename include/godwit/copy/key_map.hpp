// From the keys of a table's rows to the tenants that own them: how rows of an inherited table
// find their tenant without a join. Filled while the parent table is read, asked while its
// children are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/row_stream.hpp"

namespace godwit::copy {

/// A unit of the group that is read together; its index there.
using Slot = std::uint32_t;
inline constexpr Slot kElsewhere = 0xFFFFFFFE;  // of a tenant that isn't read now
inline constexpr Slot kNobody = 0xFFFFFFFF;     // no tenant: NULL, or a key that doesn't exist

/// A key's value: an integer, else the 128-bit hash (XXH3) of its columns' bytes.
struct RoutingKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const RoutingKey&) const = default;
};

/// Reads one key from the columns of a row. Not shared between threads.
class KeyReader {
 public:
  /// `positions` of the columns in the rows to come.
  KeyReader(std::span<const mariadb::Column* const> columns, std::vector<std::size_t> positions);

  /// nullopt: a column is NULL.
  [[nodiscard]] std::optional<RoutingKey> read(std::span<const mariadb::RawValue> row);

 private:
  struct Part {
    std::size_t position = 0;
    bool integer = false;
    bool is_unsigned = false;
  };
  std::vector<Part> parts_;
  std::string buffer_;  // of the columns of one key, used again
};

/// Whether keys of this column are its integers; others are hashes of its bytes.
bool is_integer(const mariadb::Column& column);

/// The key that a literal of a column denotes, such as the directory's: for integers the number.
RoutingKey routing_key(const mariadb::Column& column, std::string_view text);

/// What all maps of one scan may hold in memory together.
class MapMemory {
 public:
  MapMemory(std::string folder, std::uint64_t bytes_max)
      : folder_(std::move(folder)), left_(bytes_max) {}

  /// Zeroed memory of this size: the process's own while the limit allows it, else of a file in
  /// the folder that nobody else can see, whose pages the kernel writes out and reads again.
  /// Throws Error(internal) when the disk is full or memory is refused.
  class Block {
   public:
    Block() = default;
    Block(Block&& other) noexcept;
    Block& operator=(Block&& other) noexcept;
    ~Block();
    [[nodiscard]] std::byte* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool on_disk() const { return memory_ == nullptr; }

   private:
    friend class MapMemory;
    MapMemory* memory_ = nullptr;  // nullptr: of a file
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
  };
  Block allocate(std::size_t size);

 private:
  const std::string folder_;
  std::mutex mutex_;
  std::uint64_t left_;  // guarded by mutex_
};

/// Keys are put in from several threads in batches and looked up after the last one. Integer keys
/// of a dense range take 4 bytes each, others 24 bytes at a load of at most a half.
class KeyMap {
 public:
  struct Entry {
    RoutingKey key;
    Slot slot = kNobody;
  };

  explicit KeyMap(MapMemory& memory) : memory_(memory) {}

  /// All keys to come are integers from `low` to `high`, about `rows` of them: taken as dense
  /// when an array costs less than the table. Call before the first put().
  void expect_integers(std::int64_t low, std::int64_t high, std::uint64_t rows);
  void put(std::span<const Entry> entries);
  /// kNobody: no such key.
  [[nodiscard]] Slot find(const RoutingKey& key) const;
  [[nodiscard]] std::uint64_t size() const { return used_; }
  [[nodiscard]] std::uint64_t bytes() const { return block_.size(); }

 private:
  struct Cell {
    RoutingKey key;
    std::uint64_t slot_plus_one = 0;  // 0: empty
  };
  [[nodiscard]] Cell* cells() const { return reinterpret_cast<Cell*>(block_.data()); }
  [[nodiscard]] std::uint32_t* slots() const {
    return reinterpret_cast<std::uint32_t*>(block_.data());
  }
  void grow();
  static void insert(Cell* cells, std::size_t mask, const Entry& entry);

  MapMemory& memory_;
  std::mutex mutex_;
  MapMemory::Block block_;
  std::size_t capacity_ = 0;  // cells; a power of two
  std::uint64_t used_ = 0;
  bool dense_ = false;
  std::int64_t low_ = 0;
  std::int64_t high_ = -1;
};

}  // namespace godwit::copy
