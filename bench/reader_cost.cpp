// What reading the binlog costs the engine, for scripts/bench apply: the reader as it is, from the
// server's packets to the tenants' queues, with a number of subscribed tenants of which one has all
// the changes; nothing is applied.
//
//   reader_cost URI FROM TO DATABASE SUBSCRIPTIONS     (password in GODWIT_SOURCE_PASSWORD)
//
// FROM and TO are GTID positions. Prints the CPU seconds of this process and the megabytes read.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "godwit/capture/database_router.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/capture/group_reader.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/mariadb/endpoint.hpp"
#include "godwit/mariadb/replication_stream.hpp"

namespace {

namespace capture = godwit::capture;
namespace mariadb = godwit::mariadb;
using godwit::GtidList;
using godwit::Secret;

constexpr std::size_t kMemory = 256U << 20U;
constexpr std::uint64_t kSpill = 1ULL << 30U;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Cost {
  double cpu_s = 0;
  double megabytes = 0;
};

Cost measure(const mariadb::Endpoint& source, const GtidList& from, const GtidList& to,
             const std::string& database, std::size_t subscriptions) {
  capture::QueueMemory memory(kMemory);
  capture::SpillFile spill(std::filesystem::temp_directory_path().string(), kSpill);
  bool filled = false;
  capture::Delivery delivery([&filled](const capture::Subscription&) { filled = true; });
  capture::DatabaseRouter router(delivery, [] { return std::uint64_t{0}; });
  capture::SubscriptionPtr busy;
  for (std::size_t i = 0; i < subscriptions; ++i) {
    // the one that has changes is added in the middle
    const bool is_busy = i == subscriptions / 2;
    const std::string name = is_busy ? database : "idle_" + std::to_string(i);
    auto one = std::make_shared<capture::Subscription>(name, from, memory, kMemory, spill);
    router.add(name, one);
    if (is_busy) busy = std::move(one);
  }
  if (!busy) throw std::runtime_error("without a subscription there is nothing to measure");
  mariadb::ReplicationOptions options;
  {
    mariadb::Connection connection(source);
    options.server_id = mariadb::choose_server_id(connection);
  }
  options.start = from;
  delivery.start(from);
  capture::GroupReader groups(router);
  mariadb::ReplicationStream stream(source, options);
  Cost cost;
  std::size_t bytes = 0;
  const double before = cpu_seconds();
  while (!delivery.position().covers(to)) {
    const auto packet = stream.next({});
    if (!packet) throw std::runtime_error("the stream ended");
    bytes += packet->size();
    groups.take(*packet);
    if (filled) busy->queue().clear();  // as if it were applied at once
    filled = false;
  }
  cost.cpu_s = cpu_seconds() - before;
  cost.megabytes = static_cast<double>(bytes) / 1e6;
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: reader_cost URI FROM TO DATABASE SUBSCRIPTIONS\n", stderr);
    return 2;
  }
  try {
    mariadb::Endpoint source = mariadb::parse_uri(argv[1]);
    const char* password = std::getenv("GODWIT_SOURCE_PASSWORD");
    source.password = Secret(password == nullptr ? "" : password);
    const Cost cost = measure(source, GtidList::parse(argv[2]), GtidList::parse(argv[3]), argv[4],
                              std::strtoul(argv[5], nullptr, 10));
    std::printf("%.6f %.6f\n", cost.cpu_s, cost.megabytes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reader_cost: %s\n", error.what());
    return 1;
  }
  return 0;
}
