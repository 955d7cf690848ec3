// The bytes and results of a connection in pipeline mode: what is in flight, and waiting for it
// without a deadlock. Both sides may be unable to write at once, each because the other doesn't
// read; so whenever this side waits, it reads, and takes every result that has come.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "godwit/postgres/pipeline.hpp"
#include "session_handle.hpp"

namespace godwit::postgres {

/// Something sent whose result is to come.
struct InFlight {
  enum class Kind : std::uint8_t { operation, commit, prepare, deallocate, sync };
  Kind kind = Kind::operation;
  bool answered = false;    // its result has come, its end not yet
  StatementId statement{};  // of prepare, deallocate
  std::size_t index = 0;    // of the operation, or of that which needs the statement
  std::uint64_t expected = kAnyCount;
};

class PipelineLink {
 public:
  /// Called with each result, in order; not for results of what the server skipped.
  using OnResult = std::function<void(const InFlight&, PGresult*)>;

  /// While `cancelled` is set, what the server does is cancelled, again and again: a request that
  /// comes between two operations has no effect.
  PipelineLink(PGconn* connection, PGcancel* cancel, const std::atomic<bool>& cancelled,
               const PipelineLimits& limits, OnResult on_result);

  /// Enters and leaves pipeline mode; no round trip.
  void enter();
  void leave();
  [[nodiscard]] bool entered() const { return entered_; }

  /// Waits until `count` more fit.
  void make_room(std::size_t count);
  /// Before PQsend… of about so many bytes.
  void expect(std::size_t bytes);
  /// After PQsend…: `accepted` is what it returned, `bytes` about what it took.
  void sent(int accepted, const InFlight& what, std::size_t bytes);
  /// Waits until at most `count` are in flight. They need a sync or a request_results() behind them.
  void wait_for(std::size_t count);
  /// The server keeps results in a buffer until asked or at a sync.
  void request_results();
  /// Hands the system what it takes at once.
  void push() { (void)PQflush(connection_); }
  [[nodiscard]] std::size_t in_flight() const { return count_; }

  [[nodiscard]] bool lost() const { return failure_.has_value(); }
  /// Throws what lost the connection, if it is.
  void require() const;
  /// A COMMIT was in flight when the connection was lost.
  [[nodiscard]] std::optional<std::size_t> commit_in_doubt() const { return doubt_; }
  /// An operation failed: the server skips everything up to the next sync, a COMMIT too.
  void skips_from_here() { skipping_ = true; }
  /// `why` is what the server said as it ended the session instead of doing `during`.
  void session_ends(const Error& why, const InFlight& during);

 private:
  void flush();
  void collect();
  void take(const ResultHandle& result);
  void pop();
  void read();
  void wait_ready(bool to_write);
  void check_patience();
  void cancel_again();
  [[noreturn]] void lose(const Error& cause);
  [[noreturn]] void break_off(const Error& reason);

  PGconn* connection_;
  PGcancel* cancel_;
  const std::atomic<bool>& cancelled_;
  PipelineLimits limits_;
  OnResult on_result_;
  std::vector<InFlight> ring_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::size_t unrequested_ = 0;  // sent since results were asked for
  std::size_t unsent_ = 0;       // bytes, an upper bound
  bool entered_ = false;
  bool encrypted_ = false;
  bool blocking_ = false;  // for one large operation
  bool skipping_ = false;
  std::optional<Error> failure_;
  std::optional<Error> last_words_;
  std::optional<std::size_t> doubt_;
  std::chrono::steady_clock::time_point quiet_since_{};
  std::optional<std::chrono::steady_clock::time_point> cancel_seen_;
  std::chrono::steady_clock::time_point cancel_sent_{};
};

}  // namespace godwit::postgres
