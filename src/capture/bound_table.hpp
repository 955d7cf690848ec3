// A table of a row tenancy as one table map in the binlog has it: how its rows are read.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "altered_tables.hpp"
#include "godwit/capture/table_cache.hpp"
#include "routing_key.hpp"
#include "row_model.hpp"

namespace godwit::capture {

struct BoundTable {
  std::shared_ptr<const MappedTable> table;  // keeps the address, which it is found by, in use
  const RoutedTable* routed = nullptr;
  std::vector<KeyReader> paths;
  std::vector<KeyReader> own_keys;
};

/// nullopt: the table has another form, which everyone who is there was told, and stops at. Throws
/// Error(source) when it has one that nobody was told.
std::optional<BoundTable> bind_routed(const std::shared_ptr<const MappedTable>& table,
                                      const RoutedTable& routed, const AlteredTables& known);

}  // namespace godwit::capture
