// Rates of the machines, from what earlier runs took.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/plan/rates.hpp"

namespace godwit::engine {

/// A copied tenant's part of its run. Times in seconds after any moment, the same for all of a run.
struct MeasuredTenant {
  std::uint64_t bytes = 0;  // the source's estimate
  double started = 0;       // a lane took it
  double ended = 0;
  std::uint64_t readers = 1;  // more than one: all lanes worked on it
  bool serial = false;        // a large one: copied while no other was, by however many readers
  bool streamed = false;      // of shared tables: it was given rows before `started`
};

/// One reading of shared tables.
struct MeasuredScan {
  std::uint64_t bytes = 0;  // see plan::bytes_to_read()
  double seconds = 0;
  std::uint64_t readers = 1;
};

struct MeasuredRun {
  std::uint64_t lanes = 1;
  std::vector<MeasuredTenant> tenants;
  std::vector<MeasuredScan> scans;
};

/// The runs that copied these tenants; tenants without such facts are left out. From
/// `large_tenant_bytes` (Plan) on, a tenant was copied alone, or, of shared tables, finished alone
/// when its rows didn't wait on disk. A tenant of shared tables starts when its reading is over.
std::vector<MeasuredRun> measured_runs(const std::vector<control::TenantRecord>& tenants,
                                       const std::vector<control::RunRecord>& runs,
                                       const std::vector<control::ScanRecord>& scans,
                                       std::uint64_t large_tenant_bytes);

/// Floor and copy rate by least squares over the tenants' times: those of the runs with the most
/// lanes; index builds are part of the copy rate. A run with fewer lanes says how many of them fill
/// the machine; without one it is taken to be full with the lanes there were. What tenants of the
/// same size can't tell apart, the floor of `given` decides; everything else is taken from there
/// too. Tenants that were given rows while shared tables were read say nothing of floor and copy
/// rate where others do; what they took less than these promise was taken of the reading's time, and
/// the rest of that is the rate of the scan. Nothing when no tenant was measured.
std::optional<plan::Rates> derive_rates(std::span<const MeasuredRun> runs,
                                        const plan::Rates& given = {});

}  // namespace godwit::engine
