// Whose changes are whose: what the reader needs of a tenancy.
#pragma once

#include <memory>

#include "followed_tenant.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/capture/group_reader.hpp"

namespace godwit::engine {

/// Used by the reader's thread.
class Routing {
 public:
  virtual ~Routing() = default;
  virtual void add(FollowedTenant& tenant) = 0;
  virtual void remove(FollowedTenant& tenant) = 0;
  virtual capture::GroupSink& sink() = 0;
};

}  // namespace godwit::engine
