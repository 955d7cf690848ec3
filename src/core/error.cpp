#include "godwit/core/error.hpp"

#include <array>
#include <cstddef>
#include <exception>

namespace godwit {
namespace {

struct KindRow {
  ErrorKind kind;
  const char* name;
  int exit_code;
  int severity_rank;
};

// The contract of the command line. What stops a whole command (usage, plan, preflight) ranks
// between our own mistakes and what happens to a single tenant.
constexpr std::array<KindRow, 11> kKinds = {{
    {ErrorKind::internal, "internal", 1, 11},
    {ErrorKind::usage, "usage", 2, 10},
    {ErrorKind::plan_invalid, "plan_invalid", 3, 9},
    {ErrorKind::preflight, "preflight", 4, 8},
    {ErrorKind::source, "source", 5, 6},
    {ErrorKind::target, "target", 6, 5},
    {ErrorKind::rejected, "rejected", 7, 3},
    {ErrorKind::verify_mismatch, "verify_mismatch", 8, 2},
    {ErrorKind::position_lost, "position_lost", 9, 7},
    {ErrorKind::cancelled, "cancelled", 10, 1},
    {ErrorKind::held, "held", 11, 4},
}};

constexpr bool in_order_of_the_enum() {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order_of_the_enum());

const KindRow& row(ErrorKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

}  // namespace

int exit_code(ErrorKind kind) { return row(kind).exit_code; }
const char* name(ErrorKind kind) { return row(kind).name; }
int severity_rank(ErrorKind kind) { return row(kind).severity_rank; }

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorKind::internal, error.what());
  } catch (...) {
    return Error(ErrorKind::internal, "an exception of an unknown type");
  }
}

}  // namespace godwit
