// The control store's SQL: each statement prepared once, at its first use, and kept. Not
// thread-safe; transactions are the caller's.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "godwit/control/store.hpp"
#include "sqlite.hpp"

namespace godwit::control {

class StoreStatements {
 public:
  explicit StoreStatements(Database& database) : database_(database) {}

  void register_tenant(const TenantRecord& record, std::string_view now);
  std::optional<TenantRecord> find(std::string_view tenant);
  std::vector<TenantRecord> all_tenants();
  void transition(const TenantRecord& expected, TenantState to,
                  const std::function<void(TenantRecord&)>& change, std::string_view detail_json,
                  const std::string& now);
  void record_failure(std::string_view tenant, std::string_view kind, std::string_view message,
                      std::string_view detail_json, const std::string& now);
  void place(const TenantRecord& record, std::string_view event, std::string_view detail_json,
             const std::string& now);
  void add_journal(const JournalEntry& entry);
  std::vector<JournalEntry> journal(std::string_view tenant);
  std::uint64_t begin_run(const RunRecord& run, const std::string& now);
  void end_run(const RunRecord& run, const std::string& now);
  std::vector<RunRecord> runs();
  void follow(const TenantRecord& expected, std::uint64_t run, const std::string& from,
              const std::string& now);
  void record_schema(std::string_view tenant, std::string_view fingerprint, const std::string& now);
  void set_following(const FollowRecord& following);
  void set_activity(const FollowActivity& activity);
  std::vector<FollowRecord> following();
  std::vector<FollowActivity> activities();
  void add_scan(const ScanRecord& scan);
  std::vector<ScanRecord> scans();
  void set_policy_counts(std::string_view tenant, const std::vector<PolicyCount>& counts);
  void add_policy_counts(std::string_view tenant, const std::vector<PolicyCount>& counts);
  std::vector<PolicyCount> policy_counts();
  void set_verification(const Store::Verification& verification);
  std::vector<Store::Verification> verifications();
  std::map<std::string, bool> verdicts();

 private:
  /// The statement `sql` + `tail`, both literals: the key doesn't copy them.
  Statement& prepared(std::string_view sql, std::string_view tail = {});
  void update_tenant(const TenantRecord& record);

  Database& database_;
  std::map<std::pair<std::string_view, std::string_view>, Statement> statements_;
};

}  // namespace godwit::control
