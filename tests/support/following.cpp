#include "support/following.hpp"

#include <chrono>
#include <thread>

#include "godwit/control/store.hpp"
#include "godwit/core/gtid.hpp"

namespace godwit::test {

ProcessResult until_ready(const Migration& migration,
                          const std::map<std::string, std::string>& environment) {
  return migration.godwit("run", {"--wave", "all", "--until", "ready", "--no-follow"}, environment);
}

bool wait_applied(const Migration& migration) {
  mariadb::Connection root(servers().source_root);
  const GtidList position = GtidList::parse(root.scalar("SELECT @@GLOBAL.gtid_binlog_pos").value());
  for (int i = 0; i < 300; ++i) {
    const auto store = control::Store::open_existing(migration.plan() + ".state");
    if (store && !store->following().empty() &&
        GtidList::parse(store->following().back().followed_to).covers(position)) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

}  // namespace godwit::test
