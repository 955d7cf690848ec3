#include <deque>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

constexpr std::uint64_t kMb = 1'000'000;

struct Group {
  std::deque<Unit> units;
  std::vector<const Unit*> pointers;

  void add(std::size_t count, std::uint64_t bytes, UnitKind kind = UnitKind::rows,
           std::uint32_t cluster = 0) {
    for (std::size_t i = 0; i < count; ++i) {
      Unit& unit = units.emplace_back();
      unit.kind = kind;
      unit.bytes = bytes;
      unit.cluster = ClusterId{cluster};
      pointers.push_back(&unit);
    }
  }
};

/// 1,100 bytes a table.
mariadb::Database sized_database() {
  mariadb::Database database = test::row_database();
  for (mariadb::Table& table : database.tables) {
    table.data_bytes = 1000;
    table.index_bytes = 100;
  }
  return database;
}

}  // namespace

TEST_CASE("tables are measured by whose they are and what leads to their rows") {
  const mariadb::Database database = sized_database();
  RowTenancy tenancy = test::row_tenancy();
  const SharedTables scanned = measure_tables(classify(tenancy, database), database);
  // what the directory's key leads to; the parents of a table with several paths are scanned
  CHECK(scanned.clustered == 1100);
  CHECK(scanned.secondary == 0);
  tenancy.tables["lines"].paths.resize(1);
  const SharedTables tables = measure_tables(classify(tenancy, database), database);
  CHECK(tables.tenants == 6 * 1100);
  CHECK(tables.shared == 1100);
  CHECK(tables.central == 0);
  // the directory by its key; what is below it by indexes that lead to single rows
  CHECK(tables.clustered == 1100);
  CHECK(tables.secondary == 4 * 1100);
}

TEST_CASE("without the source the tables are what the units make of them") {
  Units units;
  units.units.resize(3);
  units.units[0].bytes = 5;
  units.units[2].bytes = 7;
  CHECK(tables_of(units).tenants == 12);
  CHECK(tables_of(units).secondary == 0);
  CHECK(tables_of(units).clustered == 0);
  units.shared_tables = SharedTables{100, 50, 20, 10, 1};
  CHECK(tables_of(units).tenants == 100);
  CHECK(tables_of(units).shared == 10);
}

TEST_CASE("all of the tables is read for many tenants, by index for few") {
  const SharedTables tables{1000 * kMb, 600 * kMb, 100 * kMb, 2 * kMb, 50 * kMb};
  Group many;
  many.add(50, 12 * kMb);  // 10 of their own: half is too much for any index
  CHECK(bytes_to_read(tables, many.pointers) == 1002 * kMb);

  Group some;
  some.add(25, 12 * kMb);  // a quarter: too much where rows are found one by one
  CHECK(bytes_to_read(tables, some.pointers) == (300 + 600 + 50 + 2) * kMb);

  Group few;
  few.add(24, 12 * kMb);
  // 300 whole; of 240 six tenths four times as dear, one tenth twice
  CHECK(bytes_to_read(tables, few.pointers) == (300 + 576 + 48 + 2) * kMb);

  few.add(1, 52 * kMb, UnitKind::central);
  CHECK(bytes_to_read(tables, few.pointers) == (300 + 576 + 48 + 2 + 50) * kMb);

  Group central;
  central.add(1, 52 * kMb, UnitKind::central);
  CHECK(bytes_to_read(tables, central.pointers) == 52 * kMb);

  Group numerous;
  numerous.add(501, 2 * kMb + 1);
  CHECK(bytes_to_read(tables, numerous.pointers) == 1002 * kMb);
}

TEST_CASE("one reading serves as many tenants as memory and the plan allow") {
  Plan plan;
  plan.memory_bytes = 32U << 20U;
  plan.source.readers = 4;
  // four fifths of the memory, in buffers of 4 KiB for each reader; one is the shared tables'
  CHECK(units_per_reading(plan, 1) == 6552);
  CHECK(units_per_reading(plan, 4) == 1637);
  CHECK(units_per_reading(plan, 8) == 1637);
  plan.together = 100;
  CHECK(units_per_reading(plan, 8) == 100);
  plan.together = 5000;
  CHECK(units_per_reading(plan, 8) == 1637);
  CHECK(readers_of_group(plan, 2) == 2);
  CHECK(readers_of_group(plan, 8) == 4);
  CHECK(group_buffer_bytes(plan, 4, 10'000) == 4096);
  CHECK(group_buffer_bytes(plan, 4, 2) == 128U << 10U);
}

TEST_CASE("the largest tenants get their rows at once, as far as connections reach") {
  Plan plan;
  plan.clusters.resize(2);
  plan.clusters[0].engine_connections = 16;
  plan.clusters[1].engine_connections = 1000;
  Group group;
  group.add(1, kIndexedCopyBytes);
  group.add(1, 20 * kMb);
  group.add(1, 40 * kMb);
  group.add(1, 30 * kMb);
  group.add(1, 10 * kMb, UnitKind::rows, 1);
  // 16 less three for each of four lanes and two
  CHECK(streaming_units(plan, group.pointers, 4) == std::vector<std::size_t>{2, 3, 4});
  CHECK(streaming_units(plan, group.pointers, 5) == std::vector<std::size_t>{4});
  const SharedTables tables{200 * kMb, 0, 0, 3 * kMb, 0};
  CHECK(bytes_to_spill(tables, group.pointers, {2, 3, 4}) ==
        kIndexedCopyBytes - 3 * kMb + (20 - 3) * kMb + 3 * kMb);
  CHECK(bytes_to_spill(tables, group.pointers, {0, 1, 2, 3, 4}) == 3 * kMb);
}
