// What goes to the target, statement by statement. It can also only count, so that the same walk
// over a transaction finds the row whose operation failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "godwit/postgres/pipeline.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::apply {

class Outbox {
 public:
  Outbox(postgres::Session& session, const postgres::PipelineLimits& limits)
      : session_(session), pipeline_(session, limits) {}

  /// From here on operations are numbered from 0 and not sent.
  void only_count() {
    counting_ = true;
    next_ = 0;
  }
  void send_again() { counting_ = false; }
  [[nodiscard]] bool counting() const { return counting_; }
  /// While counting: how many there were.
  [[nodiscard]] std::size_t counted() const { return next_; }

  std::size_t send(postgres::StatementId id, std::span<const postgres::Parameter> parameters,
                   std::uint64_t expected = 1) {
    return counting_ ? next_++ : pipeline_.send(id, parameters, expected);
  }
  std::size_t send_text(const std::string& sql) {
    return counting_ ? next_++ : pipeline_.send_text(sql);
  }
  void commit() { pipeline_.commit(); }
  /// False: a failure is known, what follows isn't sent.
  [[nodiscard]] bool clean() const { return counting_ || (!failed_ && pipeline_.clean()); }

  /// Transactions whose COMMIT is known to have succeeded, since finish().
  [[nodiscard]] std::size_t commits() const { return commits_ + pipeline_.known().commits; }

  /// Leaves pipeline mode with the transaction open, for a COPY; false: a failure is known. The
  /// next operation enters it again; they are numbered from 0 then.
  bool pause();
  /// Waits for all results: the report of what was sent since finish(), the first failure's if
  /// there was one. An open transaction stays open; the session may be used.
  postgres::BatchReport finish();
  /// finish() first.
  void rollback();

  [[nodiscard]] postgres::Pipeline& pipeline() { return pipeline_; }
  [[nodiscard]] postgres::Session& session() { return session_; }

 private:
  void take(postgres::BatchReport report);

  postgres::Session& session_;
  postgres::Pipeline pipeline_;
  std::size_t commits_ = 0;  // of parts before the last pause()
  std::optional<postgres::BatchReport> failed_;
  bool counting_ = false;
  std::size_t next_ = 0;
};

}  // namespace godwit::apply
