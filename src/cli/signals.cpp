#include "signals.hpp"

#include <unistd.h>
#include <csignal>

#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"

namespace godwit::cli {
namespace {

/// Wakes the watching thread when the command has ended.
constexpr int kEndOfWatch = SIGUSR1;

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, kEndOfWatch);
  return signals;
}

void watch(const std::stop_token& ended, std::stop_source& stop) {
  const sigset_t signals = watched_signals();
  while (!ended.stop_requested()) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal < 0 || signal == kEndOfWatch) continue;
    if (stop.stop_requested()) _exit(exit_code(ErrorKind::cancelled));
    log::event(log::Level::warn, "run.stopping",
               {{"msg", "stopping; once more ends at once, and the next run continues"}});
    stop.request_stop();
  }
}

}  // namespace

SignalWatch::SignalWatch() {
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::jthread([this](const std::stop_token& ended) { watch(ended, stop_); });
}

SignalWatch::~SignalWatch() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), kEndOfWatch);
  thread_.join();
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace godwit::cli
