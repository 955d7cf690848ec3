// The one exception type. What a caller does depends on the error's properties (kind, hint,
// retryable), never on a class hierarchy. Expected outcomes of planning and checking are
// findings or diagnostics (values, all of them at once), not errors.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace godwit {

enum class ErrorKind {
  internal,         // our own mistake
  usage,            // wrong command line
  plan_invalid,     // wrong plan file
  preflight,        // a grant or a server setting is missing
  source,           // the source can't be reached or failed
  target,           // the target can't be reached or failed
  rejected,         // data or schema that the policy refuses
  verify_mismatch,  // verification found differences
  position_lost,    // the binlog position is gone
  cancelled,        // stopped on request
  held,             // another engine works on the tenant
};

/// The process exit code of a failure of this kind; part of the command line's contract.
int exit_code(ErrorKind kind);
/// The kind's name as it appears in --json output and in logs.
const char* name(ErrorKind kind);
/// Of several tenants' failures the process reports the most severe: higher is worse.
int severity_rank(ErrorKind kind);

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = {}, bool retryable = false)
      : std::runtime_error(message), kind_(kind), hint_(std::move(hint)), retryable_(retryable) {}

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  /// What to do about it; may be empty.
  [[nodiscard]] const std::string& hint() const { return hint_; }
  /// Whether the same whole transaction may succeed when it is tried again.
  [[nodiscard]] bool retryable() const { return retryable_; }
  /// The same failure with where it happened put in front of the message.
  [[nodiscard]] Error within(const std::string& where) const {
    return Error(kind_, where + ": " + what(), hint_, retryable_);
  }

 private:
  ErrorKind kind_;
  std::string hint_;
  bool retryable_;
};

/// For `catch (...)` around one tenant's work: the exception in flight as an Error, so that no type
/// of exception can pass a tenant's own failure by. Another type than Error is of kind internal.
Error current_error();

}  // namespace godwit
