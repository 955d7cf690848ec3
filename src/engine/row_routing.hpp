// Row tenancy: see capture/row_router.hpp. The keys that rows are routed by are read from the
// tenants' own databases, where they are as of each tenant's progress.
#pragma once

#include <functional>
#include <optional>

#include "godwit/capture/row_router.hpp"
#include "godwit/mariadb/connection.hpp"
#include "routing.hpp"
#include "run_context.hpp"
#include "shared_source.hpp"

namespace godwit::engine {

class RowRouting : public Routing {
 public:
  /// `source` must outlive it. Throws Error(rejected) for columns that can't be routed by.
  RowRouting(const RunContext& run, const SharedSource& source, capture::Delivery& delivery,
             std::function<std::uint64_t()> sample);

  /// Reads the tenant's keys from its database. Throws Error(target), Error(rejected).
  void add(FollowedTenant& tenant) override;
  void remove(FollowedTenant& tenant) override { router_.remove(*tenant.subscription); }
  capture::GroupSink& sink() override { return router_; }

 private:
  mariadb::CharsetPtr charset(const std::string& name);

  const RunContext& run_;
  std::optional<mariadb::Connection> charsets_;
  capture::RowRouter router_;
};

}  // namespace godwit::engine
