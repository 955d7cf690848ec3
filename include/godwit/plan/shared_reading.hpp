// Row tenancy: what one reading of the shared tables serves and takes in. The engine reads by these
// rules, and the simulation plays by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// Up to this size a tenant's rows go into tables that have their indexes already. Rows of larger
/// units of a reading needn't wait on disk for their database.
inline constexpr std::uint64_t kIndexedCopyBytes = 8U << 20U;

SharedTables measure_tables(const Classification& classification,
                            const mariadb::Database& database);
/// What is known of the tables, or else what the units make of them.
SharedTables tables_of(const Units& units);

/// Whether indexes lead from tenants to their rows in the table with this index.
bool reachable_by_index(const Classification& classification, const mariadb::Database& database,
                        std::size_t table);

/// Whether the units' part of the tables is so small that indexes find it with less work than
/// reading all; true says nothing about tables that no index leads to.
bool reads_by_index(const SharedTables& tables, const std::vector<const Unit*>& units);
/// What is read for these units together, as bytes of a scan: a row that an index finds costs as
/// much as several that are read one after the other.
std::uint64_t bytes_to_read(const SharedTables& tables, const std::vector<const Unit*>& units);

/// How many connections read the tables at the same time.
std::size_t readers_of_group(const Plan& plan, std::size_t lanes);
/// How many units one reading can serve: their buffers share the plan's memory.
std::size_t group_limit(const Plan& plan, std::size_t lanes);
/// The size of each unit's buffer of each reader; `slots`: units, and one for shared tables.
std::size_t group_buffer_bytes(const Plan& plan, std::size_t readers, std::size_t slots);

/// Indexes of the units whose rows go to their databases while they are read, the largest first, as
/// far as the clusters' connections reach. The others' rows wait on disk.
std::vector<std::size_t> streaming_units(const Plan& plan, const std::vector<const Unit*>& units,
                                         std::size_t lanes);

/// What waits on disk: the rows of the other units, and the shared tables once.
std::uint64_t bytes_to_spill(const SharedTables& tables, const std::vector<const Unit*>& units,
                             const std::vector<std::size_t>& streaming);

}  // namespace godwit::plan
