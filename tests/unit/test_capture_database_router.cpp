// Whom a statement in the binlog concerns, in database tenancy.
#include <filesystem>
#include <map>
#include <memory>

#include <catch2/catch.hpp>

#include "godwit/capture/database_router.hpp"

using namespace godwit;
using namespace godwit::capture;

namespace database_router_tests {

constexpr std::uint16_t kLatin1 = 8;
constexpr std::uint16_t kUtf8 = 45;

class Followers {
 public:
  explicit Followers(const std::vector<std::string>& databases)
      : router_(delivery_, [] { return std::uint64_t{0}; }) {
    for (const std::string& database : databases) {
      auto subscription =
          std::make_shared<Subscription>(database, GtidList(), memory_, 1U << 20U, spill_);
      router_.add(database, subscription);
      subscriptions_.emplace(database, std::move(subscription));
    }
  }

  void say(const std::string& sql, const std::string& session_database, std::uint16_t collation) {
    GtidEvent gtid;
    gtid.gtid = {0, 1, ++sequence_};
    router_.begin(gtid, {});
    QueryEvent query;
    query.sql = sql;
    query.database = session_database;
    QueryVariables::Charset charset;
    charset.client = collation;
    query.variables.charset = charset;
    router_.statement(StatementKind::other, query);
    router_.end(GroupEnd::committed, {});
  }

  void forget(const std::string& database) { router_.remove(database); }

  /// Those whose queues got a statement, in the order of their names.
  std::vector<std::string> told() {
    std::vector<std::string> names;
    for (const auto& [name, subscription] : subscriptions_) {
      const std::uint64_t count = subscription->queue().stats().transactions;
      if (count > told_[name]) names.push_back(name);
      told_[name] = count;
    }
    return names;
  }

 private:
  QueueMemory memory_{1U << 20U};
  SpillFile spill_{std::filesystem::temp_directory_path().string(), 1U << 20U};
  Delivery delivery_;
  DatabaseRouter router_;
  std::uint64_t sequence_ = 0;
  std::map<std::string, SubscriptionPtr> subscriptions_;
  std::map<std::string, std::uint64_t> told_;
};

using Names = std::vector<std::string>;

}  // namespace database_router_tests
using namespace database_router_tests;

TEST_CASE("of databases that differ in case the one that is named gets the statement",
          "[capture]") {
  Followers all({"shop", "Shop"});
  all.say("TRUNCATE TABLE t", "shop", kUtf8);
  CHECK(all.told() == Names{"shop"});
  all.say("TRUNCATE TABLE SHOP.t", "", kUtf8);
  CHECK(all.told() == Names{"Shop", "shop"});
}

TEST_CASE("a statement goes to the databases that it names, however they are spelled",
          "[capture]") {
  Followers all({"crm_1", "crm_2", "m\xC3\xBCller", "k\xC3\xB6nig"});
  all.say("ALTER TABLE t ADD n INT", "crm_1", kUtf8);
  CHECK(all.told() == Names{"crm_1"});
  all.say("RENAME TABLE crm_2.t TO other.t", "other", kUtf8);
  CHECK(all.told() == Names{"crm_2"});
  // a server with lower_case_table_names takes it
  all.say("TRUNCATE TABLE CRM_2.t", "other", kUtf8);
  CHECK(all.told() == Names{"crm_2"});
  all.say("DROP TABLE m\xC3\xBCller.t", "other", kUtf8);
  CHECK(all.told() == Names{"m\xC3\xBCller"});
  // other bytes for the same name: which one it is can't be told
  all.say("DROP TABLE m\xFCller.t", "other", kLatin1);
  CHECK(all.told() == Names{"k\xC3\xB6nig", "m\xC3\xBCller"});
  // but the session's database is known
  all.say("TRUNCATE TABLE t", "m\xC3\xBCller", kLatin1);
  CHECK(all.told() == Names{"m\xC3\xBCller"});
  all.say("DROP TABLE other.t", "other", kLatin1);
  CHECK(all.told().empty());
  all.forget("crm_2");
  all.say("DROP TABLE Crm_2.t, crm_1.t", "other", kUtf8);
  CHECK(all.told() == Names{"crm_1"});
  all.say("GRANT SELECT ON crm_1.* TO somebody", "crm_1", kUtf8);
  CHECK(all.told().empty());
}
