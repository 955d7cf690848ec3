// Random load on the tenants of tests/ledger/schema.sql, in both tenancies:
//
//   ledger_writers --defaults-file root.cnf --prefix gw_led_ --tenants 32 --seed 7
//
// Ends cleanly on SIGTERM and SIGINT: open transactions are finished or rolled back, no XA
// transaction stays prepared. Survives restarts of the server; what became of the statement under
// way then doesn't matter, because the source itself is what the target is compared with.
// Exit code 1: the server gave an answer that the load doesn't account for.

#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "writer.hpp"

namespace {

using godwit::ledger::Counts;
using godwit::ledger::Options;
using godwit::ledger::Session;
using godwit::ledger::Writer;
using Clock = std::chrono::steady_clock;

constexpr int kCleanupAttempts = 100;
constexpr std::chrono::milliseconds kCleanupPause{100};

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request_stop(int) { stop = true; }

void watch_signals() {
  struct sigaction action = {};
  action.sa_handler = request_stop;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

/// A lost connection's transaction may be prepared before the server notices that it is lost.
bool tidy_up(const Options& options) {
  for (int attempt = 0; attempt < kCleanupAttempts; ++attempt) {
    try {
      Session session(options.defaults_file);
      if (godwit::ledger::roll_back_prepared(session, godwit::ledger::xid_prefix(options))) {
        return true;
      }
    } catch (const godwit::ledger::Lost&) {
      // the server is being restarted
      std::this_thread::sleep_for(kCleanupPause);
      continue;
    }
    std::this_thread::sleep_for(kCleanupPause);
  }
  std::cerr << "ledger_writers: prepared XA transactions are left\n";
  return false;
}

int write(const Options& options) {
  const std::vector<godwit::ledger::Tenant> tenants = godwit::ledger::tenants_of(options);
  const Clock::time_point began = Clock::now();
  const auto stopping = [&] {
    if (options.seconds > 0 && Clock::now() - began >= std::chrono::seconds(options.seconds)) {
      stop = true;
    }
    return stop.load();
  };
  std::mutex mutex;
  Counts counts;        // guarded by mutex
  bool failed = false;  // guarded by mutex
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < options.threads; ++thread) {
    threads.emplace_back([&, thread] {
      Writer writer(options, tenants, thread);
      try {
        writer.run(stopping);
      } catch (const std::exception& error) {
        stop = true;
        const std::lock_guard lock(mutex);
        failed = true;
        std::cerr << "ledger_writers: " << error.what() << '\n';
      }
      const std::lock_guard lock(mutex);
      counts.add(writer.counts());
    });
  }
  threads.clear();
  std::cout << "ledger_writers: seed " << options.seed << ", " << counts.to_string() << std::endl;
  return tidy_up(options) && !failed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = godwit::ledger::parse_options(argc, argv);
    if (!options) return 0;
    std::cout << "ledger_writers: seed " << options->seed << std::endl;
    watch_signals();
    mysql_library_init(0, nullptr, nullptr);  // before there are threads
    return write(*options);
  } catch (const std::exception& error) {
    std::cerr << "ledger_writers: " << error.what() << '\n';
    return 2;
  }
}
