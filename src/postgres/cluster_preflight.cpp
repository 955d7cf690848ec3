#include "cluster_connection.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::postgres {
namespace {

constexpr int kVersionMin = 150000;
// Fewer free connections than this leave no room for lanes, index builds and the engine's own.
constexpr int kFreeConnectionsMin = 5;

struct Facts {
  std::string role;
  int version = 0;
  bool in_recovery = false;
  bool superuser = false;
  bool may_create_databases = false;
  bool has_ctype = false;
  bool may_set_replication_role = false;
};

Facts read_facts(pqxx::nontransaction& session) {
  const pqxx::row row = session.exec1(
      "SELECT current_user, current_setting('server_version_num')::int, pg_is_in_recovery(), "
      "rolsuper, rolcreatedb, "
      "EXISTS (SELECT FROM pg_collation WHERE collctype IN ('C.UTF-8', 'C.utf8')) "
      "FROM pg_roles WHERE rolname = current_user");
  Facts facts{row[0].as<std::string>(),
              row[1].as<int>(),
              row[2].as<bool>(),
              row[3].as<bool>(),
              row[4].as<bool>(),
              row[5].as<bool>(),
              false};
  if (facts.version >= kVersionMin) {  // the function is new in that version
    facts.may_set_replication_role =
        session.exec1("SELECT has_parameter_privilege('session_replication_role', 'SET')")[0]
            .as<bool>();
  }
  return facts;
}

void judge_server(const Facts& facts, const std::string& object, Findings& findings) {
  if (facts.version < kVersionMin) {
    findings.push_back({"target-version", Severity::error, object,
                        "the server's version is " + std::to_string(facts.version / 10000),
                        "use PostgreSQL 15 or newer", ""});
  }
  if (facts.in_recovery) {
    findings.push_back({"target-read-only", Severity::error, object, "the server is a standby",
                        "name the primary, e.g. with target_session_attrs=read-write", ""});
  }
  if (!facts.has_ctype) {
    findings.push_back({"target-locale", Severity::error, object,
                        "the server's system has no locale C.UTF-8",
                        "install it (Debian: package libc-bin), then "
                        "SELECT pg_import_system_collations('pg_catalog')",
                        ""});
  }
}

void judge_role(const Facts& facts, const std::string& object, Findings& findings) {
  const std::string quoted = quote_identifier(facts.role);
  if (!facts.may_create_databases && !facts.superuser) {
    findings.push_back({"target-createdb", Severity::error, object,
                        "role " + quoted + " may not create databases",
                        "ALTER ROLE " + quoted + " CREATEDB", ""});
  }
  if (facts.superuser) {
    findings.push_back({"target-superuser", Severity::info, object,
                        "role " + quoted + " is a superuser, which Godwit doesn't need",
                        "use a role with CREATEDB only", ""});
  } else if (!facts.may_set_replication_role && facts.version >= kVersionMin) {
    findings.push_back(
        {"target-replication-role", Severity::degraded, object,
         "role " + quoted +
             " may not set session_replication_role, which "
             "following the source needs for rows written without foreign key checks",
         "GRANT SET ON PARAMETER session_replication_role TO " + quoted, ""});
  }
}

}  // namespace

Findings Cluster::preflight(const std::string& cluster_name) {
  const Facts facts = impl_->run([](pqxx::nontransaction& session) { return read_facts(session); });
  Findings findings;
  judge_server(facts, cluster_name, findings);
  judge_role(facts, cluster_name, findings);
  const Capacity capacity = this->capacity();
  const int free = capacity.connections_max - capacity.connections_used;
  if (free < kFreeConnectionsMin) {
    findings.push_back({"target-connections", Severity::error, cluster_name,
                        "only " + std::to_string(free) + " of " +
                            std::to_string(capacity.connections_max) + " connections are free",
                        "raise max_connections or close other sessions", ""});
  }
  return findings;
}

}  // namespace godwit::postgres
