// The one thread that reads the source's binlog for all tenants that are followed. It begins where
// the tenant that is furthest behind needs it, and goes back when one joins that is behind it: what
// the others have already is skipped for them.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "followed_tenant.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/capture/group_reader.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/endpoint.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "position_samples.hpp"
#include "routing.hpp"

namespace godwit::engine {

class BinlogReader {
 public:
  /// Called by the reader's thread.
  struct Hooks {
    std::function<void(const Error&)> failed;  // it has ended for good
    /// The source no longer has what the tenant needs; it has left already.
    std::function<void(FollowedTenant&, const Error&)> lost;
    /// The tenant's queue is about to be emptied, and filled again from further back.
    /// Returns where the reader must begin for it.
    std::function<GtidList(FollowedTenant&)> goes_back;
    /// The reader begins behind `from`, for these tenants too: to call Delivery::start().
    std::function<void(const GtidList& from, const std::vector<FollowedTenant*>&)> begins;
  };
  BinlogReader(const mariadb::Endpoint& source, capture::Delivery& delivery, Routing& routing,
               PositionSamples& samples, Hooks hooks);
  ~BinlogReader();
  BinlogReader(const BinlogReader&) = delete;
  BinlogReader& operator=(const BinlogReader&) = delete;

  /// The tenant gets what is behind its subscription's floor. Tenants that join within a moment
  /// cost one going back together.
  void join(FollowedTenant& tenant);
  /// The tenant's queue was overrun and is empty: it gets again what is behind `position`.
  /// Not before `pause` is over.
  void join_again(FollowedTenant& tenant, const GtidList& position, Clock::Duration pause);
  /// The tenant gets nothing any more, from the next group on. Nobody may read its queue.
  void leave(FollowedTenant& tenant);
  void stop();
  /// Why it isn't reading; empty: it is.
  [[nodiscard]] std::string waits_for() const;

 private:
  void work(const std::stop_token& stop);
  void read(const std::stop_token& stop);
  bool wait_for_tenants(const std::stop_token& stop);
  void take_changes(bool all);
  void let_go(const std::vector<FollowedTenant*>& tenants);
  void let_in(const std::vector<FollowedTenant*>& tenants);
  void keep_out(FollowedTenant& tenant, const Error& error);
  bool drop_oldest(const Error& error);
  void rewind();
  [[nodiscard]] bool changes_due() const;
  void connect();
  void set_waits_for(std::string what);
  std::uint32_t server_id();

  const mariadb::Endpoint& source_;
  capture::Delivery& delivery_;
  Routing& routing_;
  PositionSamples& samples_;
  const Hooks hooks_;

  // the thread's own
  capture::GroupReader groups_;
  std::optional<mariadb::ReplicationStream> stream_;
  GtidList begin_;                       // of the next connection, while moved_
  bool begun_ = false;                   // there was a tenant
  bool moved_ = false;                   // the reader is to go on at begin_, not where it is
  std::vector<FollowedTenant*> newest_;  // joined since a connection last brought something
  std::optional<GtidList> resume_;       // where the others are
  std::uint32_t server_id_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  struct Again {
    FollowedTenant* tenant = nullptr;
    GtidList position;
    Clock::Instant due;
  };
  bool empty_again(const Again& one);
  std::vector<FollowedTenant*> joining_;         // guarded by mutex_
  std::vector<Again> again_;                     // guarded by mutex_
  std::optional<Clock::Instant> joining_since_;  // of either; guarded by mutex_
  std::vector<FollowedTenant*> leaving_;         // guarded by mutex_
  std::string waits_for_ = "tenants to follow";  // guarded by mutex_
  std::jthread thread_;                          // last
};

}  // namespace godwit::engine
