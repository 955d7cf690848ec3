// What the databases of units will consist of: described before they are made.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "catalog_reader.hpp"
#include "godwit/core/error.hpp"
#include "run_context.hpp"

namespace godwit::engine {

struct DescribedUnit {
  ProvisionedUnit unit;
  std::optional<Error> failure;
};

/// Used by one thread.
class UnitDescriber {
 public:
  virtual ~UnitDescriber() = default;
  /// In the order of `units`; what can't be migrated says why. Throws Error for all of them.
  virtual std::vector<DescribedUnit> describe(const std::vector<const plan::Unit*>& units,
                                              const std::stop_token& stop) = 0;
};
using MakeDescriber = std::function<std::unique_ptr<UnitDescriber>()>;

enum class TenantSize {
  small,  // one lane per tenant: databases get their indexes at once where that is cheaper
  large,  // all lanes per tenant: indexes are built after the rows
};

/// Units that are databases of their own.
class DatabaseDescriber : public UnitDescriber {
 public:
  DatabaseDescriber(RunContext& run, TenantSize size)
      : run_(run), size_(size), reader_(run.plan.source.endpoint) {}
  std::vector<DescribedUnit> describe(const std::vector<const plan::Unit*>& units,
                                      const std::stop_token& stop) override;

 private:
  ProvisionedUnit describe(const plan::Unit& unit, const UnitCatalog& catalog);

  RunContext& run_;
  const TenantSize size_;
  CatalogReader reader_;
};

/// Throws Error(rejected) with the first finding of severity error, and how many there are.
void refuse_errors(const Findings& findings);
/// Throws Error(rejected) for a non-transactional table above copy.locked_table.
void refuse_large_unlogged_tables(const RunContext& run, const mariadb::Database& database);

}  // namespace godwit::engine
