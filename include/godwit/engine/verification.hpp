// `verify`: compares the chosen tenants on both sides, several at a time.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/engine/progress.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "godwit/verify/verifier.hpp"

namespace godwit::engine {

struct TenantVerification {
  std::string tenant;
  std::optional<verify::TenantResult> result;  // nullopt: see failure
  std::optional<ErrorKind> failure;
  std::string error;
  std::string hint;
  /// The source's position when it was compared; the copy is of `snapshot_gtid`. Writes between
  /// the two show as differences until changes are applied.
  bool followed = false;  // the target moves with the source; its counters aren't compared
  std::string source_gtid;
  std::string snapshot_gtid;
  double seconds = 0;
};

struct VerificationReport {
  std::vector<TenantVerification> tenants;
  double seconds = 0;
  /// 0; 8 when there are differences; or the code of the most severe failure.
  [[nodiscard]] int exit_code() const;
};

struct VerificationOptions {
  std::stop_token stop;
  int lanes = 0;  // 0: as the plan's wave says
  std::size_t differences_max = 20;
};

/// Tenants that are not copied yet are failures (kind usage). Results are kept in the control
/// store, for status.
VerificationReport verify_tenants(const plan::Plan& plan,
                                  const std::vector<const plan::Unit*>& units,
                                  const VerificationOptions& options, ProgressBoard& board);

}  // namespace godwit::engine
