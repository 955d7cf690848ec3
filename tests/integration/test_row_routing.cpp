// Shared tables of a real server: whom the rows of its binlog go to, by owner, parents and moves.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/capture/row_image.hpp"
#include "godwit/capture/row_router.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "godwit/postgres/session.hpp"
#include "support/binlog_images.hpp"
#include "support/row_monolith.hpp"
#include "support/servers.hpp"
#include "support/target_schema.hpp"

using namespace godwit;
using plan::TableClass;
using test::servers;
using test::SourceDatabase;

namespace {

constexpr const char* kTables =
    "CREATE TABLE companies (id INT UNSIGNED PRIMARY KEY, name VARCHAR(20));"
    "CREATE TABLE countries (code CHAR(2) PRIMARY KEY, name VARCHAR(20));"
    "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20));"
    "CREATE TABLE tmp_import (id INT PRIMARY KEY);"
    "CREATE TABLE invoices (id BIGINT UNSIGNED PRIMARY KEY, company_id INT UNSIGNED, "
    "total DECIMAL(10,2), KEY (company_id));"
    "CREATE TABLE invoice_lines (id UUID PRIMARY KEY, invoice_id BIGINT UNSIGNED, note TEXT, "
    "FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE);"
    "CREATE TABLE parts (line_id UUID, no INT, name VARCHAR(20), PRIMARY KEY (line_id, no), "
    "FOREIGN KEY (line_id) REFERENCES invoice_lines (id) ON DELETE CASCADE);"
    "CREATE TABLE folders (company_id INT UNSIGNED, code VARCHAR(20) CHARACTER SET utf8mb4, "
    "PRIMARY KEY (company_id, code));"
    "CREATE TABLE papers (id INT PRIMARY KEY, company INT UNSIGNED, folder VARCHAR(20) "
    "CHARACTER SET utf8mb4, FOREIGN KEY (company, folder) REFERENCES folders (company_id, code));";

/// Ends in the digits of `n`.
std::string uuid(int n) { return "00000000-0000-0000-0000-00000000000" + std::to_string(n); }

plan::RowTenancy tenancy_of(const std::string& database) {
  plan::RowTenancy tenancy;
  tenancy.database = database;
  tenancy.directory = {"companies", "id", "", ""};
  tenancy.default_column = "company_id";
  tenancy.tables["companies"] = test::owned_by("id");
  tenancy.tables["countries"] = test::classified_as(TableClass::shared);
  tenancy.tables["users"] = test::classified_as(TableClass::central);
  tenancy.tables["tmp%"] = test::classified_as(TableClass::excluded);
  tenancy.tables["invoice_lines"] = test::inherited_by("invoice_id", "invoices");
  tenancy.tables["parts"] = test::inherited_by("line_id", "invoice_lines");
  plan::TableRule papers = test::classified_as(TableClass::inherited);
  papers.paths = {{{"company", "folder"}, "folders", {"company_id", "code"}}};
  tenancy.tables["papers"] = papers;
  return tenancy;
}

/// "insert parts 2": kind, table, number of rows; those without rows as "touch parts".
std::string shown(const capture::Change& change) {
  if (change.kind == capture::ChangeKind::touched) return "touch " + change.table->name;
  if (change.kind == capture::ChangeKind::statement) {
    return "sql: " + std::string(change.statement.sql);
  }
  static constexpr const char* kNames[] = {"insert ", "update ", "delete "};
  capture::RowReader reader;
  reader.open(change.rows, change.table->columns);
  int rows = 0;
  while (reader.next())
    ++rows;
  return kNames[static_cast<int>(change.rows.kind)] + change.table->name + " " +
         std::to_string(rows);
}

/// The router, until the group that creates the table stop_here.
class UntilStop : public capture::GroupSink {
 public:
  explicit UntilStop(capture::RowRouter& router) : router_(router) {}

  void begin(const capture::GtidEvent& gtid, const capture::GroupPosition& position) override {
    router_.begin(gtid, position);
  }
  void rows(const std::shared_ptr<const capture::MappedTable>& table,
            const capture::RowsEvent& event) override {
    router_.rows(table, event);
  }
  void statement_end(std::span<const capture::StatementTable> tables) override {
    router_.statement_end(tables);
  }
  void statement(capture::StatementKind kind, const capture::QueryEvent& query) override {
    if (query.sql.find("stop_here") == std::string_view::npos) {
      return router_.statement(kind, query);
    }
    stopped = true;
  }
  void end(capture::GroupEnd how, const capture::GroupPosition& position) override {
    router_.end(how, position);
  }
  void abandon() override { router_.abandon(); }

  bool stopped = false;

 private:
  capture::RowRouter& router_;
};

/// Companies 1, 2 and 3 are followed as a, b and c, with the central unit.
class Followers {
 public:
  Followers() {
    source.run(kTables);
    database_ = test::read_source(source.name());
    const plan::RowTenancy tenancy = tenancy_of(source.name());
    classification_ = plan::classify(tenancy, database_);
    for (const Finding& finding : classification_.findings) {
      INFO(finding.object << ": " << finding.message);
      CHECK(finding.severity != Severity::error);
    }
    schema_ = schema::build_target(plan::tenant_model(tenancy, classification_, database_),
                                   schema::TypeMap::load("default"), {});
    mariadb::Connection charsets(servers().source);
    router_ = std::make_unique<capture::RowRouter>(
        delivery_, classification_, database_, schema_,
        [&](const std::string& name) { return mariadb::load_charset(charsets, name); },
        std::uint64_t{1} << 20U);
    router_->add(subscribe("a"), "1");
    router_->add(subscribe("b"), "2");
    router_->add(subscribe("c"), "3");
    router_->add_central(subscribe("central"));
  }

  /// Reads what the statements write; what came before goes unread.
  void follow(const std::vector<std::string>& statements) {
    mariadb::Connection root(servers().source_root);
    mariadb::ReplicationOptions options;
    options.server_id = mariadb::choose_server_id(root);
    options.start = GtidList::parse(test::binlog_position());
    for (const std::string& sql : statements)
      source.run(sql);
    source.run("CREATE TABLE stop_here (id INT); DROP TABLE stop_here");
    mariadb::ReplicationStream stream(servers().source_root, options);
    UntilStop until(*router_);
    capture::GroupReader reader(until);
    for (int heartbeats = 0; !until.stopped || reader.in_group();) {
      const auto packet = stream.next(std::stop_token()).value();
      heartbeats += packet[4] == std::byte{27} ? 1 : 0;
      REQUIRE(heartbeats < 10);  // the end didn't come
      reader.take(packet);
    }
  }

  /// Changes since the last call, with "; " between, transactions with " | ".
  std::string received(const std::string& tenant) {
    capture::TenantQueue& queue = tenants_.at(tenant)->queue();
    std::string text;
    std::uint64_t count = 0;
    {
      capture::TenantQueue::Reader reader(queue);
      while (reader.next_transaction() != nullptr) {
        if (count++ > 0) text += " | ";
        std::string changes;
        while (const capture::Change* change = reader.next_change())
          changes += (changes.empty() ? "" : "; ") + shown(*change);
        text += changes;
      }
    }
    if (count > 0) queue.release(count);
    return text;
  }

  [[nodiscard]] capture::RowRouter& router() { return *router_; }
  [[nodiscard]] const schema::TargetSchema& schema() const { return schema_; }
  [[nodiscard]] const capture::Subscription& tenant(const std::string& name) const {
    return *tenants_.at(name);
  }

  SourceDatabase source;

 private:
  capture::SubscriptionPtr subscribe(const std::string& tenant) {
    auto subscription = std::make_shared<capture::Subscription>(tenant, GtidList(), memory_,
                                                                std::size_t{1} << 20U, spill_);
    tenants_[tenant] = subscription;
    return subscription;
  }

  mariadb::Database database_;
  plan::Classification classification_;
  schema::TargetSchema schema_;
  capture::QueueMemory memory_{std::size_t{1} << 24U};
  capture::SpillFile spill_{"/tmp", 1U << 20U};
  std::map<std::string, capture::SubscriptionPtr> tenants_;
  capture::Delivery delivery_;
  std::unique_ptr<capture::RowRouter> router_;
};

}  // namespace

TEST_CASE("transactions that mix tenants are split among them", "[row_routing]") {
  Followers all;
  all.follow({
      "BEGIN; INSERT INTO companies VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');"
      "INSERT INTO invoices VALUES (10, 1, 1), (20, 2, 1), (40, 4, 1), (18446744073709551615, 1, "
      "2);"
      "INSERT INTO invoice_lines VALUES ('" +
          uuid(1) + "', 10, 'x'), ('" + uuid(2) + "', 20, 'y'), ('" + uuid(4) + "', 40, 'z'), ('" +
          uuid(5) +
          "', 18446744073709551615, 'w');"
          "INSERT INTO parts VALUES ('" +
          uuid(1) + "', 1, 'p'), ('" + uuid(2) + "', 1, 'q'), ('" + uuid(4) + "', 1, 'r'), ('" +
          uuid(5) + "', 1, 's'); COMMIT",
      "INSERT INTO countries VALUES ('de', 'Germany')",
      "BEGIN; INSERT INTO users VALUES (1, 'u'); INSERT INTO tmp_import VALUES (1); COMMIT",
      "BEGIN; INSERT INTO folders VALUES (1, 'ä'), (3, 'ä'), (3, 'b');"
      "INSERT INTO papers VALUES (1, 3, 'ä'), (2, 1, 'ä'), (3, 3, 'b'), (4, NULL, 'b'); COMMIT",
      "UPDATE parts SET name = 'changed'",
  });
  CHECK(all.received("a") ==
        "insert companies 1; insert invoices 2; insert invoice_lines 2; insert parts 2 | "
        "insert countries 1 | insert folders 1; insert papers 1 | update parts 2");
  CHECK(all.received("b") ==
        "insert companies 1; insert invoices 1; insert invoice_lines 1; insert parts 1 | "
        "insert countries 1 | update parts 1");
  CHECK(all.received("c") ==
        "insert companies 1 | insert countries 1 | insert folders 2; insert papers 2");
  CHECK(all.received("central") == "insert countries 1 | insert users 1");
  CHECK(all.router().unrouted_null() == 1);
}

TEST_CASE("rows that move, and cascades", "[row_routing]") {
  Followers all;
  all.follow({
      "BEGIN; INSERT INTO invoices VALUES (10, 1, 1), (20, 2, 1), (30, 3, 1);"
      "INSERT INTO invoice_lines VALUES ('" +
          uuid(1) + "', 10, 'x'), ('" + uuid(2) + "', 20, 'y'), ('" + uuid(3) +
          "', 30, 'z');"
          "INSERT INTO parts VALUES ('" +
          uuid(1) + "', 1, 'p'), ('" + uuid(2) + "', 2, 'q'); COMMIT",
      // a leaf moves
      "UPDATE parts SET line_id = '" + uuid(2) + "' WHERE no = 1",
      "DELETE FROM invoices WHERE id = 20",
      // a key that a cascade took away is used again, by a tenant that isn't followed
      "BEGIN; INSERT INTO invoices VALUES (40, 4, 1); INSERT INTO invoice_lines VALUES ('" +
          uuid(2) + "', 40, 'v'); INSERT INTO parts VALUES ('" + uuid(2) + "', 5, 'q'); COMMIT",
      "UPDATE invoices SET company_id = 1 WHERE id = 30",
  });
  const std::string moved =
      "sql: godwit: row id=30 of invoices moved from tenant c to a, and rows that inherit from it "
      "may have moved with it";
  CHECK(all.received("a") ==
        "insert invoices 1; insert invoice_lines 1; insert parts 1 | delete parts 1 | " + moved);
  CHECK(all.received("b") ==
        "insert invoices 1; insert invoice_lines 1; insert parts 1 | insert parts 1 | "
        "delete invoices 1; touch invoice_lines; touch parts");
  CHECK(all.received("c") == "insert invoices 1; insert invoice_lines 1 | " + moved);
}

TEST_CASE("what is rolled back leaves nothing behind", "[row_routing]") {
  Followers all;
  const auto xa = [&](int n) { return "'" + all.source.name() + "_" + std::to_string(n) + "'"; };
  const auto prepared = [&](int n) {
    return "XA START " + xa(n) + "; INSERT INTO invoices VALUES (" + std::to_string(n) +
           ", 1, 1); INSERT INTO invoice_lines VALUES ('" + uuid(n) + "', " + std::to_string(n) +
           ", 'x'); XA END " + xa(n) + "; XA PREPARE " + xa(n) + ";";
  };
  all.follow({
      "BEGIN; INSERT INTO invoices VALUES (9, 2, 1); ROLLBACK",
      prepared(1) + "XA COMMIT " + xa(1),
      prepared(2) + "XA ROLLBACK " + xa(2),
      "INSERT INTO parts VALUES ('" + uuid(1) + "', 1, 'p')",
      // the keys of what was rolled back are another tenant's
      "BEGIN; INSERT INTO invoices VALUES (2, 3, 1); INSERT INTO invoice_lines VALUES ('" +
          uuid(2) + "', 2, 'x'); COMMIT",
  });
  CHECK(all.received("a") == "insert invoices 1; insert invoice_lines 1 | insert parts 1");
  CHECK(all.received("b").empty());
  CHECK(all.received("c") == "insert invoices 1; insert invoice_lines 1");
}

TEST_CASE("keys are loaded from a tenant's database", "[row_routing]") {
  Followers all;
  test::TargetDatabase target;
  postgres::Session session = target.connect();
  test::apply_schema(session, all.schema(), test::read_source(all.source.name()));
  // what was there before the following began
  const std::string rows =
      "INSERT INTO invoices VALUES (10, 1, 1), (18446744073709551615, 1, 2); "
      "INSERT INTO invoice_lines VALUES ('" +
      uuid(1) + "', 18446744073709551615, 'x'); INSERT INTO folders VALUES (1, 'ä');";
  all.source.run(rows);
  session.execute("SET search_path = public");
  session.execute(rows);
  for (std::size_t key = 0; key < all.router().parent_keys().size(); ++key) {
    postgres::CopyOut copy(session, all.router().parent_keys()[key].copy_sql());
    while (const auto message = copy.next())
      all.router().load(all.tenant("a"), key, *message);
  }
  CHECK(all.router().index_keys() == 3 + 4);
  all.follow({
      "INSERT INTO parts VALUES ('" + uuid(1) + "', 1, 'p')",
      "INSERT INTO papers VALUES (1, 1, 'ä')",
      "UPDATE invoice_lines SET note = 'y'",
      "DELETE FROM invoice_lines WHERE invoice_id > 10",
  });
  CHECK(all.received("a") ==
        "insert parts 1 | insert papers 1 | update invoice_lines 1 | delete invoice_lines 1; "
        "touch parts");
  CHECK(all.router().index_keys() == 3 + 3);
}

TEST_CASE("without full row images nothing is guessed", "[row_routing]") {
  Followers all;
  all.source.run("INSERT INTO invoices VALUES (10, 1, 1)");
  try {
    all.follow({"SET SESSION binlog_row_image = MINIMAL; UPDATE invoices SET total = 3"});
    FAIL("an image without the tenant was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::source);
    CHECK_THAT(error.what(), Catch::Contains("without the column company_id"));
    CHECK_THAT(error.hint(), Catch::Contains("binlog_row_image=FULL"));
  }
}

TEST_CASE("definitions concern every tenant, grants nobody", "[row_routing]") {
  Followers all;
  all.follow({"ALTER TABLE parts ADD weight INT", "CREATE VIEW v AS SELECT 1",
              "INSERT INTO countries VALUES ('fr', 'France')"});
  for (const char* tenant : {"a", "b", "c", "central"}) {
    CAPTURE(tenant);
    CHECK(all.received(tenant) == "sql: ALTER TABLE parts ADD weight INT | insert countries 1");
  }
}
