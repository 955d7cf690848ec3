// Where the copy waits while the source is too busy. Who follows the binlog waits nowhere: a tenant
// must not fall behind because the business is busy.
#pragma once

#include <chrono>

#include "godwit/core/gate.hpp"

namespace godwit::engine {

/// A reader that is held takes a block now and then: the session's net_write_timeout, which is an
/// hour, ends a reading in which nothing moves.
constexpr std::chrono::seconds kReadHeldMax = std::chrono::minutes(20);

struct SourceGates {
  Gate begin;  // before a tenant's, or shared tables', snapshot: no transaction or lock is open
  Gate read;   // before a block of rows, or the next table or range
};

}  // namespace godwit::engine
