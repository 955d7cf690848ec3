#include <catch2/catch.hpp>

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/preflight.hpp"
#include "godwit/mariadb/snapshot.hpp"
#include "support/servers.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::Finding;
using godwit::Findings;
using godwit::has_errors;
using godwit::Secret;
using godwit::Severity;
using godwit::mariadb::Connection;
using godwit::mariadb::Endpoint;
using godwit::mariadb::preflight;
using godwit::mariadb::quote_identifier;
using godwit::test::PrivateServers;
using godwit::test::servers;
using godwit::test::SourceDatabase;
using godwit::test::unique_name;

namespace {

/// An account of the test server, dropped when it goes.
class Account {
 public:
  Account() : root_(servers().source_root), name_(unique_name("u")) {
    root_.execute("SET tx_read_only = 0");
    root_.execute("CREATE USER " + quoted() + " IDENTIFIED BY 'secret'");
  }
  ~Account() {
    try {
      root_.execute("DROP USER IF EXISTS " + quoted());
    } catch (const Error&) {
    }
  }
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  [[nodiscard]] std::string quoted() const { return "`" + name_ + "`@`localhost`"; }
  void run(const std::string& sql) { root_.execute(sql); }
  [[nodiscard]] Connection connect() const {
    Endpoint endpoint = servers().source;
    endpoint.user = name_;
    endpoint.password = Secret("secret");
    return Connection(endpoint);
  }
  [[nodiscard]] Findings preflight_of(const std::vector<std::string>& databases) const {
    Connection connection = connect();
    return preflight(connection, databases);
  }

 private:
  Connection root_;
  std::string name_;
};

const Finding* find(const Findings& findings, const std::string& code,
                    const std::string& object = {}) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.code == code && (object.empty() || finding.object == object);
  });
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("the test server passes with exactly the documented grants", "[mariadb_preflight]") {
  SourceDatabase database;
  Connection connection(servers().source);
  const std::vector<std::string> names = {database.name()};
  const Findings findings = preflight(connection, names);
  for (const Finding& finding : findings) {
    INFO(finding.code << " " << finding.message);
    CHECK(finding.severity != Severity::error);
    CHECK(finding.code != "missing-grant");
  }
}

TEST_CASE("running the fixes of missing grants leaves none", "[mariadb_preflight]") {
  SourceDatabase a;
  SourceDatabase b;
  Account account;
  account.run("GRANT SELECT, EVENT ON " + quote_identifier(a.name()) + ".* TO " + account.quoted());
  const std::vector<std::string> names = {a.name(), b.name()};

  const Findings before = account.preflight_of(names);
  REQUIRE(find(before, "missing-grant", "*.*") != nullptr);
  CHECK(find(before, "missing-grant", "*.*")->fix ==
        "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO " + account.quoted() + ";");
  REQUIRE(find(before, "missing-grant", a.name()) != nullptr);
  CHECK_THAT(find(before, "missing-grant", a.name())->message,
             Catch::Contains("lacks LOCK TABLES, SHOW VIEW, TRIGGER on"));
  REQUIRE(find(before, "missing-grant", b.name()) != nullptr);
  CHECK_THAT(find(before, "missing-grant", b.name())->fix,
             Catch::StartsWith("GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON `gw\\_"));
  for (const Finding& finding : before) {
    if (finding.code == "missing-grant") account.run(finding.fix);
  }
  const Findings after = account.preflight_of(names);
  CHECK(find(after, "missing-grant") == nullptr);
  CHECK_FALSE(has_errors(after));
}

TEST_CASE("patterns are read as the server reads them", "[mariadb_preflight]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a FROM t");
  const std::string& name = source.name();
  struct Case {
    std::string all;   // holds everything but SHOW VIEW
    std::string some;  // holds SHOW VIEW
  };
  // NAME stands for the database's name, where every `_` means any character.
  auto c = GENERATE_COPY(values<Case>({
      {"EXACT", "NAME"},
      {"NAME", "EXACT"},
      {"EXACT", "gw%"},
      {"gw%", "EXACT"},
      {"NAME", "g%"},
      {"g%", "NAME"},
      {"gw\\_%", "gw_%"},
      {"gw_%", "gw\\_%"},
      {"%", "g%"},
  }));
  for (std::string* pattern : {&c.all, &c.some}) {
    if (*pattern == "NAME") *pattern = name;
    if (*pattern == "EXACT") {
      pattern->clear();
      for (const char letter : name)
        *pattern += (letter == '_' ? "\\" : "") + std::string(1, letter);
    }
  }
  CAPTURE(name, c.all, c.some);
  Account account;
  const std::string to = ".* TO " + account.quoted();
  account.run("GRANT SELECT, LOCK TABLES, TRIGGER, EVENT ON " + quote_identifier(c.all) + to);
  account.run("GRANT SHOW VIEW ON " + quote_identifier(c.some) + to);

  const std::vector<std::string> names = {name};
  const Findings findings = account.preflight_of(names);
  const Finding* finding = find(findings, "missing-grant", name);
  REQUIRE(finding != nullptr);
  const auto lacks = [&](const char* privilege) {
    return finding->message.find(privilege) != std::string::npos;
  };
  Connection connection = account.connect();
  bool may_select = true;
  try {
    connection.query("SELECT * FROM " + quote_identifier(name) + ".t");
  } catch (const Error&) {
    may_select = false;
  }
  // The server takes one of the two patterns only.
  CHECK(lacks("SELECT") == !may_select);
  CHECK(lacks("SHOW VIEW") == may_select);
}

TEST_CASE("an active role's grants count, an inactive one's don't", "[mariadb_preflight]") {
  SourceDatabase database;
  Account account;
  const std::string role = unique_name("r");
  account.run("CREATE ROLE " + role);
  account.run("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO " + role);
  account.run("GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON `gw\\_%`.* TO " + role);
  account.run("GRANT " + role + " TO " + account.quoted());
  const std::vector<std::string> names = {database.name()};
  CHECK(has_errors(account.preflight_of(names)));
  account.run("SET DEFAULT ROLE " + role + " FOR " + account.quoted());
  const Findings findings = account.preflight_of(names);
  CHECK_FALSE(has_errors(findings));
  account.run("DROP ROLE " + role);
}

TEST_CASE("many databases without a grant are one finding", "[mariadb_preflight]") {
  Account account;
  std::vector<std::string> names;
  for (int i = 100; i < 150; ++i)
    names.push_back("crm_" + std::to_string(i));
  const Findings findings = account.preflight_of(names);
  const Finding* finding = find(findings, "missing-grant", "crm_1*");
  REQUIRE(finding != nullptr);
  CHECK_THAT(finding->message, Catch::Contains("50 databases"));
  CHECK_THAT(finding->fix, Catch::Contains("ON `crm\\_1%`.* TO"));
  // A grant that covers them already is extended, not hidden by another.
  account.run("GRANT SELECT ON `crm\\_%`.* TO " + account.quoted());
  const Findings again = account.preflight_of(names);
  REQUIRE(find(again, "missing-grant", "crm_1*") != nullptr);
  const std::string fix = find(again, "missing-grant", "crm_1*")->fix;
  CHECK_THAT(fix, Catch::Contains("ON `crm\\_%`.* TO"));
  account.run(fix);
  CHECK(find(account.preflight_of(names), "missing-grant", "crm_1*") == nullptr);
}

TEST_CASE("too many rights are told, too", "[mariadb_preflight]") {
  Connection root(servers().source_root);
  const Findings findings = preflight(root, {});
  const Finding* finding = find(findings, "excessive-grant");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::degraded);
  CHECK(find(findings, "missing-grant") == nullptr);
  for (const Finding& each : findings) {
    CHECK_THAT(each.message + each.fix + each.source_text, !Catch::Contains("PASSWORD"));
  }
}

TEST_CASE("settings that forbid an exact migration", "[mariadb_preflight]") {
  const PrivateServers strange(
      "--binlog-format=MIXED --binlog-row-image=MINIMAL --binlog-row-metadata=NO_LOG "
      "--gtid-strict-mode=0 --sync-binlog=0 --binlog-checksum=NONE "
      "--innodb-flush-log-at-trx-commit=2 --binlog-expire-logs-seconds=3600 "
      "--log-bin-trust-function-creators=0 --binlog-ignore-db=other");
  Connection connection(strange.get().source);
  const Findings findings = preflight(connection, {});
  for (const char* code :
       {"binlog-format", "binlog-row-image", "binlog-row-metadata", "binlog-filter"}) {
    INFO(code);
    REQUIRE(find(findings, code) != nullptr);
    CHECK(find(findings, code)->severity == Severity::error);
    CHECK_FALSE(find(findings, code)->fix.empty());
  }
  for (const char* code : {"gtid-strict-mode", "sync-binlog", "binlog-retention", "binlog-checksum",
                           "innodb-flush-log"}) {
    INFO(code);
    REQUIRE(find(findings, code) != nullptr);
    CHECK(find(findings, code)->severity == Severity::degraded);
  }
  REQUIRE(find(findings, "log-bin-trust-function-creators") != nullptr);
  CHECK(find(findings, "log-bin-trust-function-creators")->severity == Severity::info);
  CHECK_THAT(find(findings, "binlog-format")->fix,
             Catch::StartsWith("SET GLOBAL binlog_format = 'ROW';"));
}

TEST_CASE("a server without a binlog", "[mariadb_preflight]") {
  const PrivateServers without("--skip-log-bin");
  Connection connection(without.get().source);
  const Findings findings = preflight(connection, {});
  REQUIRE(find(findings, "log-bin") != nullptr);
  CHECK(find(findings, "log-bin")->severity == Severity::error);
  CHECK(find(findings, "binlog-format") == nullptr);
  try {
    open_snapshot(connection);
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::preflight);
    CHECK_THAT(error.what(), Catch::Contains("no binlog"));
  }
}
