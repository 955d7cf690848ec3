// A PostgreSQL cluster as a place for tenants' databases: creating, dropping, locking. One
// libpqxx connection to its maintenance database; not shared between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "godwit/core/finding.hpp"

namespace godwit::postgres {

class Cluster {
 public:
  /// `uri` names the maintenance database (or none: then "postgres").
  explicit Cluster(std::string uri);
  Cluster(Cluster&&) noexcept;
  Cluster& operator=(Cluster&&) noexcept;
  ~Cluster();

  [[nodiscard]] const std::string& uri() const { return uri_; }
  [[nodiscard]] bool database_exists(const std::string& database);
  /// Names of databases with Godwit's comment (see set_owner_mark), with the mark.
  struct OwnedDatabase {
    std::string name;
    std::string mark;
  };
  std::vector<OwnedDatabase> owned_databases();
  /// nullopt: no such database; empty: not Godwit's.
  std::optional<std::string> owner_mark(const std::string& database);

  /// CREATE DATABASE from template0, UTF-8, collation C; marked as Godwit's with `mark`
  /// (COMMENT ON DATABASE) and CONNECT revoked from PUBLIC.
  void create_database(const std::string& database, const std::string& mark);
  /// The same from a template database (strategy WAL_LOG).
  void create_from_template(const std::string& database, const std::string& template_name,
                            const std::string& mark);
  /// Drops a database that carries Godwit's mark; throws Error(rejected) for any other.
  void drop_database(const std::string& database);
  void set_owner_mark(const std::string& database, const std::string& mark);

  /// Session-level advisory lock of a tenant; false: another engine holds it.
  bool try_lock(const std::string& key);
  void unlock(const std::string& key);

  struct Capacity {
    std::uint64_t databases = 0;
    int connections_max = 0;
    int connections_used = 0;
  };
  Capacity capacity();
  /// Version, CREATEDB, encoding, reserve of connections, right to set session_replication_role.
  Findings preflight(const std::string& cluster_name);

 private:
  struct Impl;
  std::string uri_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace godwit::postgres
