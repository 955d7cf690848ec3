#include "binlog_reader.hpp"

#include <algorithm>
#include <chrono>

#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"

namespace godwit::engine {
namespace {

/// Tenants that end their copies one after the other join together.
constexpr std::chrono::milliseconds kJoinTogether{500};
constexpr std::chrono::milliseconds kFirstTogether{50};
constexpr std::chrono::milliseconds kHeartbeat{250};
constexpr std::chrono::milliseconds kFirstDelay{200};
constexpr std::chrono::milliseconds kDelayMax{10'000};
constexpr std::size_t kTypeOffset = 4;  // of an event's header

/// The position that holds what both hold. A domain that one of them lacks is read from its start.
GtidList lower(const GtidList& one, const GtidList& other) {
  GtidList list;
  for (const Gtid& entry : one.entries()) {
    for (const Gtid& match : other.entries()) {
      if (match.domain == entry.domain) {
        list.advance(entry.sequence <= match.sequence ? entry : match);
      }
    }
  }
  return list;
}

/// Whether the server has found the connection's start: it begins with events that are in no group.
bool is_settled(std::span<const std::byte> packet) {
  switch (static_cast<capture::EventType>(packet[kTypeOffset])) {
    case capture::EventType::rotate:
    case capture::EventType::format_description:
    case capture::EventType::gtid_list:
    case capture::EventType::binlog_checkpoint: return false;
    default: return true;
  }
}

}  // namespace

BinlogReader::BinlogReader(const mariadb::Endpoint& source, capture::Delivery& delivery,
                           Routing& routing, PositionSamples& samples, Hooks hooks)
    : source_(source),
      delivery_(delivery),
      routing_(routing),
      samples_(samples),
      hooks_(std::move(hooks)),
      groups_(routing.sink()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

BinlogReader::~BinlogReader() { stop(); }

void BinlogReader::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void BinlogReader::join(FollowedTenant& tenant) {
  const std::lock_guard lock(mutex_);
  joining_.push_back(&tenant);
  if (!joining_since_) joining_since_ = Clock::system().now();
  changed_.notify_all();
}

void BinlogReader::join_again(FollowedTenant& tenant, const GtidList& position,
                              Clock::Duration pause) {
  const std::lock_guard lock(mutex_);
  again_.push_back({&tenant, position, Clock::system().now() + pause});
}

void BinlogReader::leave(FollowedTenant& tenant) {
  const std::lock_guard lock(mutex_);
  std::erase(joining_, &tenant);
  std::erase_if(again_, [&](const Again& one) { return one.tenant == &tenant; });
  leaving_.push_back(&tenant);
}

std::string BinlogReader::waits_for() const {
  const std::lock_guard lock(mutex_);
  return waits_for_;
}

void BinlogReader::set_waits_for(std::string what) {
  const std::lock_guard lock(mutex_);
  waits_for_ = std::move(what);
}

void BinlogReader::work(const std::stop_token& stop) {
  auto delay = kFirstDelay;
  while (!stop.stop_requested()) {
    try {
      if (!wait_for_tenants(stop)) break;
      const GtidList before = delivery_.position();
      connect();
      set_waits_for("");
      read(stop);
      // it got somewhere, so what comes next is a new failure
      if (!(delivery_.position() == before)) delay = kFirstDelay;
    } catch (...) {
      const Error error = current_error();
      stream_.reset();
      groups_.reset();
      if (stop.stop_requested()) break;
      if (error.kind() == ErrorKind::position_lost && drop_oldest(error)) continue;
      if (!error.retryable()) {
        log::event(log::Level::error, "follow.reader_failed", {{"error", error.what()}});
        set_waits_for(error.what());
        hooks_.failed(error);
        break;
      }
      log::event(log::Level::warn, "follow.reader_retry", {{"error", error.what()}});
      set_waits_for(error.what());
      if (!Clock::system().sleep(delay, stop)) break;
      delay = std::min(kDelayMax, delay * 2);
    }
  }
  stream_.reset();
}

bool BinlogReader::wait_for_tenants(const std::stop_token& stop) {
  while (!begun_) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !joining_.empty(); })) return false;
      // more come at once with a run's beginning
      changed_.wait_for(lock, stop, kFirstTogether, [] { return false; });
    }
    take_changes(true);
  }
  take_changes(true);
  return !stop.stop_requested();
}

bool BinlogReader::changes_due() const {
  const std::lock_guard lock(mutex_);
  if (!leaving_.empty()) return true;
  const Clock::Instant now = Clock::system().now();
  if (std::any_of(again_.begin(), again_.end(), [&](const Again& one) { return one.due <= now; })) {
    return true;
  }
  return joining_since_ && Clock::system().now() - *joining_since_ >= kJoinTogether;
}

/// Between two groups: whoever comes begins with the next one.
void BinlogReader::take_changes(bool all) {
  std::vector<FollowedTenant*> joining;
  std::vector<FollowedTenant*> leaving;
  std::vector<Again> again;
  {
    const std::lock_guard lock(mutex_);
    if (all || (joining_since_ && Clock::system().now() - *joining_since_ >= kJoinTogether)) {
      joining.swap(joining_);
      joining_since_.reset();
    }
    const Clock::Instant now = Clock::system().now();
    const auto due = std::stable_partition(again_.begin(), again_.end(),
                                           [&](const Again& one) { return one.due > now; });
    again.assign(std::make_move_iterator(due), std::make_move_iterator(again_.end()));
    again_.erase(due, again_.end());
    leaving.swap(leaving_);
  }
  let_go(leaving);
  for (Again& one : again) {
    if (empty_again(one)) {
      joining.push_back(one.tenant);
    } else {
      const std::lock_guard lock(mutex_);
      again_.push_back(std::move(one));
    }
  }
  let_in(joining);
}

/// False: somebody reads its queue still.
bool BinlogReader::empty_again(const Again& one) {
  const std::unique_lock applying(one.tenant->applying, std::try_to_lock);
  if (!applying) return false;
  one.tenant->reader_start = hooks_.goes_back(*one.tenant);
  delivery_.forget(*one.tenant->subscription);
  one.tenant->subscription->queue().clear();
  one.tenant->subscription->reset_floor(one.position);
  return true;
}

void BinlogReader::let_go(const std::vector<FollowedTenant*>& tenants) {
  for (FollowedTenant* tenant : tenants) {
    routing_.remove(*tenant);
    delivery_.forget(*tenant->subscription);
    // what it holds goes with it, at the latest with the run
    if (const std::unique_lock applying(tenant->applying, std::try_to_lock); applying) {
      tenant->subscription->queue().clear();
    }
    std::erase(newest_, tenant);
  }
}

void BinlogReader::let_in(const std::vector<FollowedTenant*>& tenants) {
  if (tenants.empty()) return;
  // while a connection is still to be made, all are among the newest
  if (begun_ && !moved_ && !resume_) resume_ = delivery_.position();
  // the one furthest behind last: where a key was another tenant's before, the older owner counts
  std::vector<FollowedTenant*> sorted = tenants;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const FollowedTenant* one, const FollowedTenant* other) {
                     return !(one->reader_start == other->reader_start) &&
                            one->reader_start.covers(other->reader_start);
                   });
  for (FollowedTenant* tenant : sorted) {
    try {
      routing_.add(*tenant);
    } catch (...) {
      keep_out(*tenant, current_error());
      continue;
    }
    newest_.push_back(tenant);
    begun_ = true;
  }
  if (!begun_) resume_.reset();
  rewind();
}

/// A tenant that can't be let in now comes again with the next, unless that won't help.
void BinlogReader::keep_out(FollowedTenant& tenant, const Error& error) {
  if (!error.retryable()) {
    hooks_.lost(tenant, error);
    return;
  }
  tenant.set_waits_for(error.what());
  join(tenant);
}

/// To where all can go on.
void BinlogReader::rewind() {
  std::optional<GtidList> start = resume_;
  for (const FollowedTenant* tenant : newest_)
    start = start ? lower(*start, tenant->reader_start) : tenant->reader_start;
  if (!start) return;
  begin_ = *start;
  moved_ = !stream_ || !(begin_ == delivery_.position());
  // they begin with the next group, where the reader is already
  if (!moved_) hooks_.begins(begin_, newest_);
}

/// What the source no longer has: the tenants that joined last and are furthest behind go, so that
/// the others can be followed. False: there are none such.
bool BinlogReader::drop_oldest(const Error& error) {
  std::vector<FollowedTenant*> oldest;
  for (FollowedTenant* tenant : newest_) {
    // what lies behind it is where the others are: it isn't this tenant's that is lost
    if (resume_ && tenant->reader_start.covers(*resume_)) continue;
    const bool is_oldest =
        std::none_of(newest_.begin(), newest_.end(), [&](const FollowedTenant* other) {
          return !(other->reader_start == tenant->reader_start) &&
                 tenant->reader_start.covers(other->reader_start);
        });
    if (is_oldest) oldest.push_back(tenant);
  }
  if (oldest.empty()) return false;
  let_go(oldest);
  for (FollowedTenant* tenant : oldest)
    hooks_.lost(*tenant, error);
  if (newest_.empty() && !resume_) begun_ = false;
  rewind();
  return true;
}

std::uint32_t BinlogReader::server_id() {
  if (server_id_ == 0) {
    mariadb::Connection connection(source_);
    server_id_ = mariadb::choose_server_id(connection);
  }
  return server_id_;
}

void BinlogReader::connect() {
  failpoint::hit("follow.before_connect");
  groups_.reset();
  mariadb::ReplicationOptions options;
  options.server_id = server_id();
  options.start = moved_ ? begin_ : delivery_.position();
  options.heartbeat = kHeartbeat;
  hooks_.begins(options.start, newest_);
  moved_ = false;
  stream_.emplace(source_, options);
  log::event(log::Level::info, "follow.reader_connected", {{"from", options.start.to_string()}});
}

/// Until the reader is to go back, is stopped, or fails.
void BinlogReader::read(const std::stop_token& stop) {
  while (const auto packet = stream_->next(stop)) {
    groups_.take(*packet);
    if (groups_.in_group()) continue;
    failpoint::hit("follow.after_group");
    samples_.passed(delivery_.position());
    if (is_settled(*packet)) {
      newest_.clear();
      resume_.reset();
    }
    if (!changes_due()) continue;
    take_changes(false);
    if (moved_) return;
  }
}

}  // namespace godwit::engine
