// Database tenancy: see capture/database_router.hpp.
#pragma once

#include <functional>

#include "godwit/capture/database_router.hpp"
#include "routing.hpp"

namespace godwit::engine {

class DatabaseRouting : public Routing {
 public:
  DatabaseRouting(capture::Delivery& delivery, std::function<std::uint64_t()> sample)
      : router_(delivery, std::move(sample)) {}

  void add(FollowedTenant& tenant) override {
    router_.add(tenant.unit->source_database, tenant.subscription);
  }
  void remove(FollowedTenant& tenant) override { router_.remove(tenant.unit->source_database); }
  capture::GroupSink& sink() override { return router_; }

 private:
  capture::DatabaseRouter router_;
};

}  // namespace godwit::engine
