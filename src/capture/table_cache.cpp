#include "godwit/capture/table_cache.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "decode_bodies.hpp"

namespace godwit::capture {
namespace {

/// About what an entry takes with its node.
std::size_t bytes_of(const MappedTable& table) {
  constexpr std::size_t kNode = 64;
  return kNode + sizeof(MappedTable) + table.database.capacity() + table.name.capacity() +
         table.definition.capacity() + table.columns.columns.capacity() * sizeof(MappedColumn);
}

bool is_same(const MappedTable& table, const TableMapEvent& event) {
  const std::string_view definition(reinterpret_cast<const char*>(event.definition.data()),
                                    event.definition.size());
  return table.definition == definition &&
         table.has_triggers == ((event.flags & TableMapEvent::kHasTriggers) != 0);
}

std::shared_ptr<const MappedTable> make_table(const TableMapEvent& event) {
  auto table = std::make_shared<MappedTable>();
  table->database = event.database;
  table->name = event.table;
  table->has_triggers = (event.flags & TableMapEvent::kHasTriggers) != 0;
  table->columns = make_column_map(event);
  table->definition.assign(reinterpret_cast<const char*>(event.definition.data()),
                           event.definition.size());
  return table;
}

}  // namespace

TableMetadata read_table_metadata(const MappedTable& table) {
  // The event again: the definition is all of it behind the table id and the flags.
  constexpr std::size_t kFixedLength = 8;
  std::string body(kFixedLength, '\0');
  body += table.definition;
  const TableMapEvent event = decode_table_map(std::as_bytes(std::span(body)), kFixedLength);
  return read_table_metadata(event, table.columns);
}

std::shared_ptr<const MappedTable> TableCache::get(const TableMapEvent& event) {
  const auto known = young_.tables.find(event.table_id);
  if (known != young_.tables.end() && is_same(*known->second, event)) return known->second;
  std::shared_ptr<const MappedTable> table;
  const auto older = old_.tables.find(event.table_id);
  if (older != old_.tables.end() && is_same(*older->second, event)) {
    table = older->second;
  } else {
    table = make_table(event);
  }
  keep(event.table_id, table);
  return table;
}

void TableCache::keep(std::uint64_t id, const std::shared_ptr<const MappedTable>& table) {
  const std::size_t bytes = bytes_of(*table);
  if (young_.bytes + bytes > bytes_max_ / 2) old_ = std::exchange(young_, {});
  if (bytes > bytes_max_ / 2) return;
  auto& kept = young_.tables[id];
  if (kept) young_.bytes -= bytes_of(*kept);
  kept = table;
  young_.bytes += bytes;
}

}  // namespace godwit::capture
