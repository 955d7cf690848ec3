// A source database that is followed into a target database: the copy by hand, then the binlog
// through a queue to an applier, then both sides compared by the room verify.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "godwit/apply/applier.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/gtid.hpp"
#include "godwit/schema/type_map.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

namespace godwit::test {

class ApplyPair {
 public:
  /// Runs `setup` on the source, then copies the tables and their rows: that is S.
  explicit ApplyPair(const std::string& setup, const schema::SchemaOptions& options = {},
                     const std::string& database_options = "CHARACTER SET utf8mb4");
  ApplyPair(const ApplyPair&) = delete;
  ApplyPair& operator=(const ApplyPair&) = delete;

  /// On the source, as root.
  void run(const std::string& sql) { source_.run(sql); }
  /// On the target, behind the applier's back.
  void on_target(const std::string& sql);
  std::string target_value(const std::string& sql);

  /// Reads the binlog up to where the source is now into the queue.
  void capture();
  /// capture(), then applies with the applier, which is made if there is none.
  apply::ApplyResult follow(std::uint64_t limit = 1'000'000);
  /// The same, and requires that all of it was applied and both sides are equal.
  apply::ApplyResult follow_exactly();

  /// A new applier on a new session; the one before is gone.
  apply::Applier& restart(Epoch epoch = Epoch{1});
  void stop() {
    applier_.reset();
    session_.reset();
  }
  [[nodiscard]] apply::Applier& applier() { return *applier_; }
  [[nodiscard]] capture::TenantQueue& queue() { return queue_; }
  apply::ApplyOptions options;  // of appliers made from now on

  /// What differs between the sides; empty: nothing.
  std::string differences();
  [[nodiscard]] const mariadb::Database& model() const { return model_; }
  [[nodiscard]] const schema::TargetSchema& schema() const { return schema_; }

 private:
  void copy_rows();

  SourceDatabase source_;
  TargetDatabase target_;
  mariadb::Connection reader_;
  mariadb::Database model_;
  schema::TargetSchema schema_;
  std::shared_ptr<const apply::SchemaPlan> plan_;
  GtidList read_to_;
  TemporaryFolder folder_;
  capture::SpillFile spill_;
  capture::QueueMemory memory_;
  capture::TenantQueue queue_;
  std::unique_ptr<postgres::Session> looker_;
  std::unique_ptr<postgres::Session> session_;
  std::unique_ptr<apply::Applier> applier_;
};

/// "table problem: message", for CAPTURE.
std::string describe(const apply::ApplyResult& result);

}  // namespace godwit::test
