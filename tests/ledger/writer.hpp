// One thread of the load: random transactions until it is stopped, whatever the server does.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actions.hpp"
#include "options.hpp"

namespace godwit::ledger {

struct Counts {
  std::uint64_t transactions = 0;
  std::uint64_t rows = 0;
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;
  std::uint64_t xa = 0;  // prepared

  void add(const Counts& other);
  [[nodiscard]] std::string to_string() const;
};

class Writer {
 public:
  Writer(const Options& options, const std::vector<Tenant>& tenants, int thread);

  /// Until `stopping` says so. Throws std::runtime_error for an answer that the server must not
  /// give.
  void run(const std::function<bool()>& stopping);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  void connect();
  void disconnect();
  void transact();
  void act(const Tenant& tenant, bool one_phase = true);
  void act_some(const Tenant& tenant, bool one_phase = true);
  void with_savepoint(const Tenant& tenant);
  void two_phases(const Tenant& tenant);
  void give_up_xa(const std::string& xid);
  void pause(std::uint64_t milliseconds_max);
  const Action& choose();
  const Tenant& some_tenant() { return random_.one_of(tenants_); }

  const Options& options_;
  const std::vector<Tenant>& tenants_;
  const std::string xid_prefix_;
  Random random_;
  std::vector<Action> actions_;
  unsigned weights_ = 0;  // of all actions
  std::optional<Session> session_;
  std::uint64_t xids_ = 0;
  Counts counts_;
};

/// Rolls back what is prepared under XIDs that begin so; false: something is left.
bool roll_back_prepared(Session& session, const std::string& xid_prefix);
/// Of all writers with this seed.
std::string xid_prefix(const Options& options);

}  // namespace godwit::ledger
