#include "writer.hpp"

#include <algorithm>
#include <thread>

namespace godwit::ledger {
namespace {

constexpr std::chrono::milliseconds kReconnectAfter{100};
constexpr std::uint64_t kPauseMax = 40;         // ms, in a transaction
constexpr std::uint64_t kPreparedMax = 200;     // ms between XA PREPARE and its end
constexpr std::uint64_t kActionsMax = 4;        // of a transaction
constexpr std::uint64_t kSeedStep = 1'000'003;  // between two threads' seeds

std::vector<Action> actions_for(const Options& options) {
  std::vector<Action> actions = {
      {18, place_order},
      {14, change_order},
      {6, swap_lines},
      {6, delete_order},
      {8, open_account},
      {5, close_account},
      {6, change_region},
      {6, move_shelf},
      {8, change_nodes},
      {2, change_currency},
      {3, replace_parent_unchecked, Fits::alone},
      {3, insert_child_first_unchecked, Fits::alone},
      {6, swap_slots},
      {6, shift_slots},
      {10, change_settings},
      {10, write_samples},
      {14, change_samples},
      {12, write_event_log},
      {options.rare, write_bulk},
  };
  if (options.rows) actions.push_back({3, move_sample_to_other_tenant});
  if (options.truncate) actions.push_back({options.rare, truncate_staging, Fits::alone});
  // its rows stay when a transaction is rolled back
  if (options.myisam) actions.push_back({6, count_visit, Fits::one_phase});
  return actions;
}

}  // namespace

void Counts::add(const Counts& other) {
  transactions += other.transactions;
  rows += other.rows;
  refused += other.refused;
  lost += other.lost;
  xa += other.xa;
}

std::string Counts::to_string() const {
  return std::to_string(transactions) + " transactions, " + std::to_string(rows) +
         " rows changed by statements, " + std::to_string(refused) + " refused, " +
         std::to_string(xa) + " in two phases, " + std::to_string(lost) + " connections lost";
}

std::string xid_prefix(const Options& options) {
  return "ledger-" + std::to_string(options.seed) + "-";
}

bool roll_back_prepared(Session& session, const std::string& prefix) {
  bool all = true;
  for (const auto& row : session.query("XA RECOVER")) {
    const std::string xid = row.at(3).value_or("");
    if (!xid.starts_with(prefix)) continue;
    try {
      session.run("XA ROLLBACK '" + xid + "'");
    } catch (const Refused&) {
      all = false;  // its connection is still there
    }
  }
  return all;
}

Writer::Writer(const Options& options, const std::vector<Tenant>& tenants, int thread)
    : options_(options),
      tenants_(tenants),
      xid_prefix_(xid_prefix(options) + std::to_string(thread) + "-"),
      random_(options.seed + kSeedStep * static_cast<std::uint64_t>(thread)),
      actions_(actions_for(options)) {
  for (const Action& action : actions_)
    weights_ += action.weight;
}

void Writer::run(const std::function<bool()>& stopping) {
  using Clock = std::chrono::steady_clock;
  const double own_rate = options_.rate / options_.threads;
  Clock::time_point next = Clock::now();
  while (!stopping()) {
    if (own_rate > 0) {
      next +=
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / own_rate));
      next = std::max(next, Clock::now() - std::chrono::seconds(1));
      std::this_thread::sleep_until(next);
    }
    try {
      if (!session_) connect();
      transact();
      counts_.transactions += 1;
    } catch (const Refused&) {
      counts_.refused += 1;
    } catch (const Lost&) {
      counts_.lost += 1;
      disconnect();
      std::this_thread::sleep_for(kReconnectAfter);
    }
  }
  disconnect();
}

void Writer::connect() {
  session_.emplace(options_.defaults_file);
  session_->run(random_.chance(50) ? "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
                                   : "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  // what it shows and stores must not depend on it
  session_->run("SET time_zone = '" + std::string(random_.chance(50) ? "+00:00" : "-07:30") + "'");
  roll_back_prepared(*session_, xid_prefix_);
}

void Writer::disconnect() {
  if (session_) counts_.rows += session_->affected_rows();
  session_.reset();
}

const Action& Writer::choose() {
  auto left = static_cast<unsigned>(random_.below(weights_));
  for (const Action& action : actions_) {
    if (left < action.weight) return action;
    left -= action.weight;
  }
  return actions_.front();
}

/// One action that may be part of the transaction.
void Writer::act(const Tenant& tenant, bool one_phase) {
  const Action* action = &choose();
  while (action->fits == Fits::alone || (action->fits == Fits::one_phase && !one_phase))
    action = &choose();
  Hand hand(*session_, random_, tenant);
  action->run(hand);
}

void Writer::pause(std::uint64_t milliseconds_max) {
  std::this_thread::sleep_for(std::chrono::milliseconds(random_.below(milliseconds_max)));
}

/// Now and then the transaction changes a second tenant.
void Writer::act_some(const Tenant& tenant, bool one_phase) {
  for (std::uint64_t left = 1 + random_.below(kActionsMax); left > 0; --left) {
    act(random_.chance(10) ? some_tenant() : tenant, one_phase);
    if (random_.chance(5)) pause(kPauseMax);
  }
}

void Writer::transact() {
  const Tenant& tenant = some_tenant();
  if (random_.chance(options_.xa_percent)) return two_phases(tenant);
  if (random_.chance(40)) {
    Hand hand(*session_, random_, tenant);
    return choose().run(hand);
  }
  session_->run("START TRANSACTION");
  try {
    if (random_.chance(25)) {
      with_savepoint(tenant);
    } else {
      act_some(tenant);
    }
    session_->run(random_.chance(15) ? "ROLLBACK" : "COMMIT");
  } catch (const Refused&) {
    session_->run("ROLLBACK");
    throw;
  }
}

void Writer::with_savepoint(const Tenant& tenant) {
  act_some(tenant);
  session_->run("SAVEPOINT one");
  act_some(tenant);
  session_->run("SAVEPOINT two");
  act(tenant);
  if (random_.chance(40)) session_->run("ROLLBACK TO SAVEPOINT two");
  if (random_.chance(40)) session_->run("ROLLBACK TO SAVEPOINT one");
  act(tenant);
}

void Writer::two_phases(const Tenant& tenant) {
  const std::string xid = "'" + xid_prefix_ + std::to_string(++xids_) + "'";
  session_->run("XA START " + xid);
  try {
    act_some(tenant, false);
    session_->run("XA END " + xid);
    session_->run("XA PREPARE " + xid);
    counts_.xa += 1;
    pause(kPreparedMax);
    session_->run((random_.chance(75) ? "XA COMMIT " : "XA ROLLBACK ") + xid);
  } catch (const Refused&) {
    give_up_xa(xid);
    throw;
  }
}

/// In whichever state it is.
void Writer::give_up_xa(const std::string& xid) {
  for (const char* step : {"XA END ", "XA ROLLBACK "}) {
    try {
      session_->run(step + xid);
    } catch (const Refused&) {
      continue;  // it was beyond this step
    }
  }
}

}  // namespace godwit::ledger
