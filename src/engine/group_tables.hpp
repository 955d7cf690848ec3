// The tables of a shared scan: how each row finds its unit, and what is read of each table.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "godwit/copy/key_map.hpp"
#include "godwit/copy/shared_scan.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/units.hpp"
#include "scan_tasks.hpp"
#include "shared_source.hpp"

namespace godwit::engine {

class GroupTables {
 public:
  /// `units[i]` is slot i; shared tables go to slot units.size(). `reader` holds the snapshot. With
  /// several `readers` a table is read in ranges of about the plan's chunk_bytes.
  GroupTables(const SharedSource& source, const plan::Plan& plan,
              const std::vector<const plan::Unit*>& units, mariadb::Connection& reader,
              std::size_t readers);

  [[nodiscard]] const std::vector<copy::ScanTable>& tables() const { return tables_; }
  [[nodiscard]] std::vector<ScanTasks::Table> reading() const { return reading_; }
  /// Slots of tenants whose key isn't in the directory any more; their rows, where some are left,
  /// are routed to them all the same.
  [[nodiscard]] const std::vector<std::size_t>& missing_units() const { return missing_units_; }
  /// Scan table → index into Classification::tables.
  [[nodiscard]] const std::vector<std::size_t>& classified() const { return classified_; }

 private:
  void choose_tables();
  void fill_directory();
  void route(std::size_t table);
  copy::ScanKey key_of(std::size_t table, const std::vector<std::size_t>& columns) const;
  copy::KeyMap& map_of(std::size_t parent, const std::vector<std::size_t>& columns);
  void expect_keys(copy::KeyMap& map, std::size_t parent, std::size_t column);
  void plan_reading(std::size_t table);
  [[nodiscard]] bool by_index(std::size_t classified) const {
    return choices_.at(classified).reading == plan::Reading::index;
  }
  [[nodiscard]] std::size_t scan_index(std::size_t classified) const;

  const SharedSource& source_;
  const plan::Plan& plan_;
  const std::vector<const plan::Unit*>& units_;
  mariadb::Connection& reader_;
  const std::size_t readers_;
  const std::vector<plan::ReadChoice> choices_;  // by Classification::tables
  copy::MapMemory memory_;
  copy::KeyMap directory_;
  std::map<std::pair<std::size_t, std::vector<std::size_t>>, std::unique_ptr<copy::KeyMap>> maps_;
  std::vector<std::size_t> missing_units_;
  std::vector<std::size_t> classified_;
  std::vector<copy::ScanTable> tables_;
  std::vector<ScanTasks::Table> reading_;
};

}  // namespace godwit::engine
