// What TABLE_MAP events said, by table id: every statement sends them again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "godwit/capture/column_map.hpp"
#include "godwit/capture/events.hpp"

namespace godwit::capture {

/// A table as TABLE_MAP describes it.
struct MappedTable {
  std::string database;
  std::string name;
  bool has_triggers = false;
  ColumnMap columns;
  std::string definition;  // TableMapEvent::definition
};

/// Of its definition; as the function of that name for an event. Throws Error(source).
TableMetadata read_table_metadata(const MappedTable& table);

/// Within a bound: of two generations the older one goes when the younger has half of the bytes.
class TableCache {
 public:
  explicit TableCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Throws Error(source) as make_column_map() does.
  std::shared_ptr<const MappedTable> get(const TableMapEvent& event);
  [[nodiscard]] std::size_t bytes() const { return young_.bytes + old_.bytes; }

 private:
  struct Generation {
    std::unordered_map<std::uint64_t, std::shared_ptr<const MappedTable>> tables;
    std::size_t bytes = 0;
  };
  void keep(std::uint64_t id, const std::shared_ptr<const MappedTable>& table);

  const std::size_t bytes_max_;
  Generation young_;
  Generation old_;
};

}  // namespace godwit::capture
