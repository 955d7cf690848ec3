// The tenant's row of godwit.progress: what its database holds, moved by compare-and-swap in the
// transaction that makes the changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "godwit/core/gtid.hpp"
#include "godwit/core/ids.hpp"
#include "godwit/postgres/pipeline.hpp"
#include "godwit/postgres/session.hpp"
#include "outbox.hpp"

namespace godwit::apply {

/// A position as the row has it.
struct ProgressPosition {
  GtidList gtids;
  std::string text;  // of the column gtid; what is compared
  std::string file;
  std::uint32_t offset = 0;

  /// Whether the transaction is applied already.
  [[nodiscard]] bool covers(const Gtid& gtid) const;
  /// Throws as GtidList::advance() does.
  void advance(const Gtid& gtid, std::string_view file, std::uint32_t offset);
};

class ProgressRow {
 public:
  ProgressRow(std::string tenant, Epoch epoch) : tenant_(std::move(tenant)), epoch_(epoch) {}

  /// Waits for whoever holds the row: a lost session of the same engine may still be committing.
  /// Takes a row of an earlier epoch over. Throws Error(held) for one of a later epoch,
  /// Error(rejected) when there is none.
  ProgressPosition take(postgres::Session& session) const;

  /// Moves the row; returns the operation's index, which is expected to change one row.
  std::size_t send(Outbox& outbox, const ProgressPosition& from, const ProgressPosition& to);
  /// The same outside of a pipeline, within the open transaction. Throws Error(held).
  void move(postgres::Session& session, const ProgressPosition& from,
            const ProgressPosition& to) const;

  /// Throws Error(held) when the row isn't at `position` with this epoch any more.
  void require(postgres::Session& session, const ProgressPosition& position) const;
  [[nodiscard]] Error held() const;

 private:
  const std::string tenant_;
  const Epoch epoch_;
  postgres::StatementId move_{};
  bool prepared_ = false;
};

}  // namespace godwit::apply
