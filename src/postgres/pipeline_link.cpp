#include "pipeline_link.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace godwit::postgres {
namespace {

using Clock = std::chrono::steady_clock;

// How often a wait looks whether it was cancelled.
constexpr std::chrono::milliseconds kSlice(100);
// In non-blocking mode libpq moves what it couldn't send to the front of its buffer each time, some
// 200 KB further: quadratic in the size of an operation. Larger ones are sent in blocking mode,
// where only the connection's time limits hold.
constexpr std::size_t kBlockingBytes = std::size_t{8} << 20;
// After a cancellation the server may finish what is in flight, and say how it ended.
constexpr std::chrono::seconds kCancelGrace(10);
constexpr std::chrono::seconds kCancelInterval(1);
// A TLS record holds up to 16 KiB, and libpq reads at least 8 at a time.
constexpr int kReadsPerRecord = 3;
// An operation, its statement's preparation and another's deallocation; a sync.
constexpr std::size_t kEntriesMin = 8;

}  // namespace

PipelineLink::PipelineLink(PGconn* connection, PGcancel* cancel, const std::atomic<bool>& cancelled,
                           const PipelineLimits& limits, OnResult on_result)
    : connection_(connection),
      cancel_(cancel),
      cancelled_(cancelled),
      limits_(limits),
      on_result_(std::move(on_result)),
      ring_(std::max(limits.operations, kEntriesMin)) {}

void PipelineLink::enter() {
  if (entered_) return;
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1) {
    if (PQstatus(connection_) == CONNECTION_BAD) lose(connection_error(connection_));
    (void)PQsetnonblocking(connection_, 0);
    throw Error(ErrorKind::internal, std::string("no pipeline: ") + PQerrorMessage(connection_));
  }
  entered_ = true;
  encrypted_ = PQsslInUse(connection_) != 0 || PQgssEncInUse(connection_) != 0;
}

void PipelineLink::leave() {
  if (!entered_) return;
  require();
  if (PQexitPipelineMode(connection_) != 1 || PQsetnonblocking(connection_, 0) != 0) {
    throw Error(ErrorKind::internal,
                std::string("the pipeline doesn't end: ") + PQerrorMessage(connection_));
  }
  entered_ = false;
}

void PipelineLink::require() const {
  if (failure_) throw Error(*failure_);
}

void PipelineLink::make_room(std::size_t count) {
  if (count_ + count <= ring_.size()) return;
  request_results();
  // Half of it stays in flight: the server works while this side encodes.
  wait_for(std::min(ring_.size() / 2, ring_.size() - count));
}

void PipelineLink::expect(std::size_t bytes) {
  if (bytes < kBlockingBytes) return;
  // With nothing in flight the server has nothing to write that could keep it from reading.
  request_results();
  wait_for(0);
  flush();
  if (PQsetnonblocking(connection_, 0) != 0) lose(connection_error(connection_));
  blocking_ = true;
}

void PipelineLink::sent(int accepted, const InFlight& what, std::size_t bytes) {
  bool written = true;
  if (std::exchange(blocking_, false)) written = PQsetnonblocking(connection_, 1) == 0;
  if (accepted != 1) {
    const Error reason = connection_error(connection_);
    if (PQstatus(connection_) != CONNECTION_BAD) {
      throw Error(ErrorKind::internal, std::string("libpq takes no more: ") + reason.what());
    }
    collect();  // what had come before the end
    lose(reason);
  }
  ring_[(head_ + count_) % ring_.size()] = what;
  ++count_;
  if (!written) {
    const Error reason = connection_error(connection_);
    read();
    lose(reason);
  }
  unsent_ += bytes;
  ++unrequested_;
  if (what.kind == InFlight::Kind::sync) unrequested_ = 0;
  if (unrequested_ >= ring_.size() / 2) request_results();
  if (unsent_ >= limits_.bytes) flush();
}

void PipelineLink::request_results() {
  if (unrequested_ == 0) return;
  if (PQsendFlushRequest(connection_) != 1) {
    if (PQstatus(connection_) == CONNECTION_BAD) {
      collect();
      lose(connection_error(connection_));
    }
    throw Error(ErrorKind::internal,
                std::string("libpq takes no request: ") + PQerrorMessage(connection_));
  }
  unrequested_ = 0;
}

void PipelineLink::wait_for(std::size_t count) {
  quiet_since_ = Clock::now();
  collect();
  while (count_ > count) {
    const bool to_write = PQflush(connection_) == 1;
    if (!to_write) unsent_ = 0;
    wait_ready(to_write);
    read();
  }
  // the server has said that this session ends: nothing more can be sent, and a COMMIT that was
  // under way is in doubt
  if (last_words_) lose(*last_words_);
}

void PipelineLink::flush() {
  quiet_since_ = Clock::now();
  while (true) {
    const int state = PQflush(connection_);
    if (state == 0) break;
    if (state < 0) {
      const Error reason = connection_error(connection_);
      read();
      lose(reason);
    }
    wait_ready(/*to_write=*/true);
    read();
  }
  unsent_ = 0;
}

void PipelineLink::read() {
  const int times = encrypted_ ? kReadsPerRecord : 1;
  for (int i = 0; i < times; ++i) {
    // A lost connection shows in the results: those that had come are still good.
    if (PQconsumeInput(connection_) != 1) break;
  }
  collect();
  if (count_ == 0 && PQstatus(connection_) == CONNECTION_BAD) lose(connection_error(connection_));
}

void PipelineLink::collect() {
  while (count_ > 0 && PQisBusy(connection_) == 0)
    take(ResultHandle(PQgetResult(connection_)));
}

void PipelineLink::take(const ResultHandle& result) {
  InFlight& front = ring_[head_];
  if (!result) {
    // One null comes after each result but that of a sync that succeeds.
    if (!front.answered) break_off(Error(ErrorKind::internal, "a result is missing"));
    if (front.kind == InFlight::Kind::sync) {
      front.answered = false;
    } else {
      pop();
    }
    return;
  }
  const ExecStatusType status = PQresultStatus(result.get());
  switch (status) {
    case PGRES_FATAL_ERROR:
      if (PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) == nullptr &&
          PQstatus(connection_) == CONNECTION_BAD) {
        lose(connection_error(connection_));
      }
      break;
    case PGRES_PIPELINE_SYNC:
      if (front.kind != InFlight::Kind::sync) {
        break_off(Error(ErrorKind::internal, "a result is out of order"));
      }
      skipping_ = false;
      pop();
      return;
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_PIPELINE_ABORTED: break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_SINGLE_TUPLE:
      break_off(
          Error(ErrorKind::internal, std::string("not for a pipeline: ") + PQresStatus(status)));
  }
  front.answered = true;
  if (status != PGRES_PIPELINE_ABORTED) on_result_(front, result.get());
}

void PipelineLink::pop() {
  head_ = (head_ + 1) % ring_.size();
  --count_;
}

void PipelineLink::wait_ready(bool to_write) {
  pollfd descriptor{};
  descriptor.fd = PQsocket(connection_);
  descriptor.events = to_write ? POLLIN | POLLOUT : POLLIN;
  if (descriptor.fd < 0) return;  // reading tells why
  while (true) {
    const int ready = ::poll(&descriptor, 1, static_cast<int>(kSlice.count()));
    if (ready > 0) {
      quiet_since_ = Clock::now();
      return;
    }
    if (ready < 0 && errno != EINTR) {
      break_off(Error(ErrorKind::internal, "poll fails on the target's socket"));
    }
    check_patience();
    // What the encryption's library has read already, poll doesn't see.
    if (encrypted_) return;
  }
}

void PipelineLink::check_patience() {
  const auto now = Clock::now();
  if (cancelled_) {
    cancel_again();
  } else {
    cancel_seen_.reset();
  }
  if (now - quiet_since_ > limits_.silence) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.silence);
    break_off(Error(ErrorKind::target,
                    "the target has not answered for " + std::to_string(seconds.count()) + " s", {},
                    /*retryable=*/true));
  }
}

void PipelineLink::cancel_again() {
  const auto now = Clock::now();
  const bool first = !cancel_seen_;
  if (first) cancel_seen_ = now;
  if (now - *cancel_seen_ > kCancelGrace) {
    break_off(Error(ErrorKind::cancelled, "stopped on request, without the target's answer"));
  }
  if (!first && now - cancel_sent_ < kCancelInterval) return;
  cancel_sent_ = now;
  std::array<char, 256> complaint{};
  (void)PQcancel(cancel_, complaint.data(), static_cast<int>(complaint.size()));
}

void PipelineLink::session_ends(const Error& why, const InFlight& during) {
  last_words_.emplace(why);
  if (during.kind == InFlight::Kind::commit) doubt_ = during.index;
}

void PipelineLink::lose(const Error& cause) {
  const Error& reason = last_words_ ? *last_words_ : cause;
  for (std::size_t i = 0; i < count_ && !skipping_ && !doubt_; ++i) {
    const InFlight& sent = ring_[(head_ + i) % ring_.size()];
    if (sent.kind == InFlight::Kind::commit && !sent.answered) doubt_ = sent.index;
  }
  count_ = 0;
  std::string text = reason.what();
  if (doubt_) text += "; whether the transaction took effect is unknown";
  failure_.emplace(reason.kind(), text, reason.hint(), reason.retryable());
  throw Error(*failure_);
}

void PipelineLink::break_off(const Error& reason) {
  // Nothing is to wait for this connection's answers any more. What had come is read up to the end,
  // so that libpq knows that there is one.
  constexpr int kReadsMax = 1'000;
  if (PQsocket(connection_) >= 0) ::shutdown(PQsocket(connection_), SHUT_RDWR);
  for (int i = 0; i < kReadsMax && PQstatus(connection_) != CONNECTION_BAD; ++i)
    (void)PQconsumeInput(connection_);
  lose(reason);
}

}  // namespace godwit::postgres
