#include <array>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "postgres/statement_cache.hpp"

using namespace godwit;
using postgres::StatementCache;
using postgres::StatementId;

namespace {

constexpr std::array<std::uint32_t, 2> kTypes{23, 25};

/// What a server would hold, if it did what the cache asks for; `works` is false for a server that
/// skips everything.
struct Server {
  StatementCache& cache;
  bool works = true;

  /// Whether the statement had to be prepared.
  bool use(StatementId id) const {
    const StatementCache::Use use = cache.use(cache.at(id));
    if (works && use.evicted != nullptr) cache.deallocated(use.evicted->id);
    if (works && use.prepare) cache.prepared(id);
    return use.prepare;
  }
};

}  // namespace

TEST_CASE("a statement is prepared once") {
  StatementCache cache(2);
  const StatementId a = cache.add("SELECT $1", kTypes);
  const Server server{cache};
  CHECK(cache.at(a).sql == "SELECT $1");
  CHECK(cache.at(a).types == std::vector<std::uint32_t>{23, 25});
  CHECK(cache.expected_count() == 0);
  CHECK(server.use(a));
  CHECK_FALSE(server.use(a));
  CHECK(cache.expected_count() == 1);
}

TEST_CASE("the least recently used statement makes room") {
  StatementCache cache(2);
  const Server server{cache};
  const StatementId a = cache.add("a", {});
  const StatementId b = cache.add("b", {});
  const StatementId c = cache.add("c", {});
  CHECK(cache.at(a).name != cache.at(b).name);
  server.use(a);
  server.use(b);
  server.use(a);
  const StatementCache::Use use = cache.use(cache.at(c));
  CHECK(use.prepare);
  REQUIRE(use.evicted != nullptr);
  CHECK(use.evicted->id == b);
  CHECK(cache.expected_count() == 2);
  CHECK_FALSE(server.use(a));
  CHECK(server.use(b));
}

TEST_CASE("a capacity of nothing is a capacity of one") {
  StatementCache cache(0);
  const Server server{cache};
  const StatementId a = cache.add("a", {});
  const StatementId b = cache.add("b", {});
  CHECK(server.use(a));
  CHECK(server.use(b));
  CHECK_FALSE(server.use(b));
  CHECK(cache.expected_count() == 1);
}

TEST_CASE("what a server skipped is not taken for done") {
  StatementCache cache(2);
  Server server{cache};
  const StatementId a = cache.add("a", {});
  const StatementId b = cache.add("b", {});
  const StatementId c = cache.add("c", {});
  server.use(a);
  server.use(b);
  cache.batch_ended(false);

  server.works = false;
  CHECK(server.use(c));  // skipped, as is a's deallocation
  CHECK(server.use(a));  // skipped, as is b's deallocation
  CHECK(cache.expected_count() == 2);
  cache.batch_ended(true);

  server.works = true;
  CHECK(cache.expected_count() == 2);
  CHECK_FALSE(server.use(a));
  CHECK_FALSE(server.use(b));
  CHECK(server.use(c));
}

TEST_CASE("a failed preparation leaves its place free") {
  StatementCache cache(2);
  Server server{cache};
  std::vector<StatementId> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(cache.add("s", {}));
  server.use(ids[0]);
  server.use(ids[1]);
  // The server deallocates and then fails to prepare.
  const StatementCache::Use use = cache.use(cache.at(ids[2]));
  cache.deallocated(use.evicted->id);
  cache.batch_ended(true);
  CHECK(cache.expected_count() == 1);
  for (const StatementId id : ids)
    server.use(id);
  CHECK(cache.expected_count() == 2);
}

TEST_CASE("a forgotten statement frees its text and its place") {
  StatementCache cache(2);
  Server server{cache};
  const StatementId a = cache.add("a", {});
  const StatementId b = cache.add("b", {});
  const StatementId never = cache.add("never", {});
  server.use(a);
  server.use(b);
  cache.batch_ended(false);
  cache.forget(b);
  cache.forget(never);
  cache.forget(never);
  CHECK_THROWS_AS(cache.at(b), Error);
  cache.batch_ended(false);
  CHECK(cache.size() == 2);  // b is still on the server

  const StatementId c = cache.add("c", {});
  const StatementCache::Use use = cache.use(cache.at(c));
  REQUIRE(use.evicted != nullptr);
  CHECK(use.evicted->id == b);  // though a was used before it
  cache.batch_ended(true);
  CHECK(cache.size() == 3);  // the deallocation was skipped

  CHECK(server.use(c));
  cache.batch_ended(false);
  CHECK(cache.size() == 2);
  CHECK_FALSE(server.use(a));
}
