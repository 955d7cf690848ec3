#include "godwit/control/store.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "commit_group.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "sqlite.hpp"
#include "store_file.hpp"
#include "store_statements.hpp"

namespace godwit::control {

namespace {

/// A run goes on from these alike.
bool is_followed(TenantState state) {
  return state == TenantState::catching_up || state == TenantState::ready;
}

/// Between two states that a run treats alike a power cut may take the tenant back.
Durability durability_of(TenantState from, TenantState to) {
  const bool alike =
      (begins_anew(from) && begins_anew(to)) || (is_followed(from) && is_followed(to));
  return alike ? Durability::lazy : Durability::synced;
}

}  // namespace

struct Store::Impl {
  explicit Impl(Database opened) : database(std::move(opened)), statements(database) {}

  Database database;
  StoreStatements statements;
  CommitGroup commits{database};

  template <class Result>
  Result read(const std::function<Result(StoreStatements&)>& query) {
    Result result;
    commits.read([&] { result = query(statements); });
    return result;
  }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open(const std::string& folder, std::string_view source) {
  return Store(std::make_unique<Impl>(open_store_file(folder, source)));
}

std::optional<Store> Store::open_existing(const std::string& folder) {
  std::optional<Database> database = open_store_file_for_reading(folder);
  if (!database) return std::nullopt;
  return Store(std::make_unique<Impl>(std::move(*database)));
}

void Store::register_tenants(const std::vector<TenantRecord>& tenants) {
  impl_->commits.run([&] {
    const std::string now = utc_timestamp();
    for (const TenantRecord& record : tenants)
      impl_->statements.register_tenant(record, now);
  });
}

std::optional<TenantRecord> Store::find(std::string_view tenant) const {
  return impl_->read<std::optional<TenantRecord>>(
      [&](StoreStatements& statements) { return statements.find(tenant); });
}

std::vector<TenantRecord> Store::tenants() const {
  return impl_->read<std::vector<TenantRecord>>(
      [](StoreStatements& statements) { return statements.all_tenants(); });
}

void Store::place(const TenantRecord& record, std::string_view event) {
  using Json = nlohmann::ordered_json;
  const Json detail = {{"cluster", record.cluster},
                       {"database", record.target_database},
                       {"schema", record.target_schema}};
  const std::string text = detail.dump(-1, ' ', false, Json::error_handler_t::replace);
  impl_->commits.run([&] { impl_->statements.place(record, event, text, utc_timestamp()); });
}

void Store::transition(const TenantRecord& expected, TenantState to,
                       const std::function<void(TenantRecord&)>& change,
                       std::string_view detail_json) {
  failpoint::hit("control.before_transition");
  impl_->commits.run(
      [&] { impl_->statements.transition(expected, to, change, detail_json, utc_timestamp()); },
      durability_of(expected.state, to));
  failpoint::hit("control.after_transition");
}

void Store::record_failure(std::string_view tenant, std::string_view kind,
                           std::string_view message) {
  using Json = nlohmann::ordered_json;
  const Json detail = {{"kind", kind}, {"message", message}};
  const std::string text = detail.dump(-1, ' ', false, Json::error_handler_t::replace);
  impl_->commits.run(
      [&] { impl_->statements.record_failure(tenant, kind, message, text, utc_timestamp()); });
}

void Store::record_unexplained(std::string_view tenant, std::string_view table) {
  using Json = nlohmann::ordered_json;
  const Json detail = {{"table", table}};
  const std::string text = detail.dump(-1, ' ', false, Json::error_handler_t::replace);
  impl_->commits.run([&] {
    impl_->statements.add_journal(
        {0, utc_timestamp(), std::string(tenant), "table.unexplained", "done", text});
  });
}

std::uint64_t Store::begin_run(const RunRecord& run) {
  std::uint64_t id = 0;
  impl_->commits.run([&] { id = impl_->statements.begin_run(run, utc_timestamp()); });
  return id;
}

void Store::end_run(const RunRecord& run) {
  impl_->commits.run([&] { impl_->statements.end_run(run, utc_timestamp()); });
}

std::vector<RunRecord> Store::runs() const {
  return impl_->read<std::vector<RunRecord>>(
      [](StoreStatements& statements) { return statements.runs(); });
}

std::vector<Epoch> Store::follow(const std::vector<TenantRecord>& expected, std::uint64_t run,
                                 const std::string& from) {
  failpoint::hit("follow.before_record");
  impl_->commits.run([&] {
    for (const TenantRecord& tenant : expected)
      impl_->statements.follow(tenant, run, from, utc_timestamp());
  });
  failpoint::hit("follow.after_record");
  std::vector<Epoch> epochs;
  epochs.reserve(expected.size());
  for (const TenantRecord& tenant : expected)
    epochs.push_back(Epoch{tenant.epoch.value + 1});
  return epochs;
}

Epoch Store::follow(const TenantRecord& expected, std::uint64_t run, const std::string& from) {
  return follow(std::vector<TenantRecord>{expected}, run, from).front();
}

void Store::record_schema(std::string_view tenant, std::string_view fingerprint) {
  impl_->commits.run(
      [&] { impl_->statements.record_schema(tenant, fingerprint, utc_timestamp()); });
}

void Store::record_following(const FollowRecord& following,
                             const std::vector<FollowActivity>& activities) {
  impl_->commits.run(
      [&] {
        impl_->statements.set_following(following);
        for (const FollowActivity& activity : activities)
          impl_->statements.set_activity(activity);
      },
      Durability::lazy);
}

std::vector<FollowRecord> Store::following() const {
  return impl_->read<std::vector<FollowRecord>>(
      [](StoreStatements& statements) { return statements.following(); });
}

std::vector<FollowActivity> Store::activities() const {
  return impl_->read<std::vector<FollowActivity>>(
      [](StoreStatements& statements) { return statements.activities(); });
}

void Store::record_scan(const ScanRecord& scan) {
  impl_->commits.run([&] { impl_->statements.add_scan(scan); }, Durability::lazy);
}

std::vector<ScanRecord> Store::scans() const {
  return impl_->read<std::vector<ScanRecord>>(
      [](StoreStatements& statements) { return statements.scans(); });
}

void Store::set_policy_counts(std::string_view tenant, const std::vector<PolicyCount>& counts) {
  impl_->commits.run([&] { impl_->statements.set_policy_counts(tenant, counts); },
                     Durability::lazy);
}

void Store::add_policy_counts(std::string_view tenant, const std::vector<PolicyCount>& counts) {
  impl_->commits.run([&] { impl_->statements.add_policy_counts(tenant, counts); },
                     Durability::lazy);
}

std::vector<PolicyCount> Store::policy_counts() const {
  return impl_->read<std::vector<PolicyCount>>(
      [](StoreStatements& statements) { return statements.policy_counts(); });
}

std::vector<JournalEntry> Store::journal(std::string_view tenant) const {
  return impl_->read<std::vector<JournalEntry>>(
      [&](StoreStatements& statements) { return statements.journal(tenant); });
}

void Store::set_verification(std::string_view tenant, bool identical, std::string_view json) {
  impl_->commits.run([&] {
    impl_->statements.set_verification(
        {std::string(tenant), utc_timestamp(), identical, std::string(json)});
  });
}

std::vector<Store::Verification> Store::verifications() const {
  return impl_->read<std::vector<Verification>>(
      [](StoreStatements& statements) { return statements.verifications(); });
}

std::map<std::string, bool> Store::verdicts() const {
  return impl_->read<std::map<std::string, bool>>(
      [](StoreStatements& statements) { return statements.verdicts(); });
}

}  // namespace godwit::control
