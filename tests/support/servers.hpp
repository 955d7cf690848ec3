// Real servers for integration tests. Uses the pair named by GODWIT_TEST_DIR (scripts/test starts
// one for the whole run); otherwise starts a private pair with scripts/servers that dies with the
// test process.
#pragma once

#include <string>

#include "godwit/mariadb/connection.hpp"
#include "godwit/postgres/cluster.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::test {

struct Servers {
  std::string dir;
  mariadb::Endpoint source;          // the engine's account: only the documented grants
  mariadb::Endpoint source_root;     // what a DBA would use; for setting up test data
  std::string source_uri;            // mariadb://godwit@localhost/?socket=…, for plan files
  std::string source_root_defaults;  // option file for the mariadb client
  std::string target_uri;            // postgresql:// URI of the engine's role (password by pgpass)
  std::string target_super_uri;      // of the superuser
};

/// The servers of this test process; sets PGPASSFILE and GODWIT_SOURCE_PASSWORD for itself and
/// its children.
const Servers& servers();

/// Servers of its own, for a test that needs other settings; stopped when it goes.
class PrivateServers {
 public:
  /// `mariadb_options`: further options of mariadbd, split at spaces.
  explicit PrivateServers(const std::string& mariadb_options);
  ~PrivateServers();
  PrivateServers(const PrivateServers&) = delete;
  PrivateServers& operator=(const PrivateServers&) = delete;

  [[nodiscard]] const Servers& get() const { return servers_; }

 private:
  Servers servers_;
};

/// A source database of a unique name that starts with `gw_` (the engine's account may read
/// those), created as root, dropped when it goes.
class SourceDatabase {
 public:
  explicit SourceDatabase(const std::string& options = "CHARACTER SET utf8mb4");
  ~SourceDatabase();
  SourceDatabase(const SourceDatabase&) = delete;
  SourceDatabase& operator=(const SourceDatabase&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Runs statements as root with this database selected; several calls share one session.
  void run(const std::string& sql);

 private:
  std::string name_;
  mariadb::Connection root_;
};

/// A target database of a unique name, owned by the engine's role, dropped when it goes.
class TargetDatabase {
 public:
  TargetDatabase();
  ~TargetDatabase();
  TargetDatabase(const TargetDatabase&) = delete;
  TargetDatabase& operator=(const TargetDatabase&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// A new session of the engine's role on it.
  [[nodiscard]] postgres::Session connect() const;

 private:
  std::string name_;
};

/// A name that no other test uses: prefix + process id + counter.
std::string unique_name(const std::string& prefix);

}  // namespace godwit::test
