// Database tenancy: a change is the tenant's whose database it is in.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "godwit/capture/delivery.hpp"
#include "godwit/capture/group_reader.hpp"

namespace godwit::capture {

/// Used by the reader's thread alone.
class DatabaseRouter : public GroupSink {
 public:
  /// `sample`: the follower's last position sample that the reader has passed.
  DatabaseRouter(Delivery& delivery, std::function<std::uint64_t()> sample)
      : delivery_(delivery), sample_(std::move(sample)) {}

  void add(const std::string& database, SubscriptionPtr subscription);
  void remove(const std::string& database);

  void begin(const GtidEvent& gtid, const GroupPosition& position) override;
  void rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event) override;
  void statement_end(std::span<const StatementTable> tables) override;
  void statement(StatementKind kind, const QueryEvent& query) override;
  void end(GroupEnd how, const GroupPosition& position) override;
  void abandon() override;

 private:
  TenantQueue* queue_of(const std::string& database);
  void take_statement(const QueryEvent& query);
  void add_named(const std::string& spelled, bool certain, std::set<std::string>& named) const;

  Delivery& delivery_;
  std::function<std::uint64_t()> sample_;
  std::unordered_map<std::string, SubscriptionPtr> subscriptions_;  // by database
  std::unordered_multimap<std::string, std::string> by_lower_case_;
  std::set<std::string> not_ascii_;
  // of the last database that was asked for: most events of a transaction are of one
  std::string last_database_;
  SubscriptionPtr last_;
};

}  // namespace godwit::capture
