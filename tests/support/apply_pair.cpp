#include "support/apply_pair.hpp"

#include <catch2/catch.hpp>

#include <stop_token>
#include <utility>

#include "engine/tenant_database.hpp"
#include "godwit/capture/group_reader.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "godwit/schema/codec.hpp"
#include "godwit/verify/verifier.hpp"
#include "support/binlog_images.hpp"
#include "support/target_schema.hpp"

namespace godwit::test {
namespace {

constexpr std::size_t kMemory = 64U << 20U;
constexpr const char* kTenant = "t1";

/// The groups of one database, into its queue.
class DatabaseSink : public capture::GroupSink {
 public:
  DatabaseSink(std::string database, capture::TenantQueue& queue)
      : database_(std::move(database)), queue_(queue) {}

  void begin(const capture::GtidEvent& gtid, const capture::GroupPosition&) override {
    gtid_ = gtid.gtid;
    xid_ = gtid.xid ? std::string(gtid.xid->gtrid) : std::string();
    concerned_ = false;
    completes_ = false;
  }
  void rows(const std::shared_ptr<const capture::MappedTable>& table,
            const capture::RowsEvent& event) override {
    if (table->database != database_) return;
    queue_.rows(table, event);
    concerned_ = true;
  }
  void statement_end(std::span<const capture::StatementTable> tables) override {
    for (const capture::StatementTable& table : tables) {
      if (table.has_rows || table.table->database != database_) continue;
      queue_.touched(table.table);
      concerned_ = true;
    }
  }
  void statement(capture::StatementKind kind, const capture::QueryEvent& query) override {
    if (kind == capture::StatementKind::xa_commit) completes_ = true;
    if (kind != capture::StatementKind::other || query.database != database_) return;
    queue_.statement({query.database, query.sql, 0, false});
    concerned_ = true;
  }
  void end(capture::GroupEnd how, const capture::GroupPosition& position) override {
    capture::TransactionHead head;
    head.gtid = gtid_;
    head.timestamp = position.timestamp;
    head.file = position.file;
    head.offset = position.offset;
    if (concerned_ && how == capture::GroupEnd::committed) queue_.commit(head);
    if (concerned_ && how == capture::GroupEnd::prepared) queue_.park(xid_);
    if (concerned_ && how == capture::GroupEnd::rolled_back) queue_.abandon();
    if (completes_ && queue_.has_parked(xid_)) queue_.commit_parked(xid_, head);
    last_ = gtid_;
  }
  void abandon() override { queue_.abandon(); }

  [[nodiscard]] const std::optional<Gtid>& last() const { return last_; }

 private:
  const std::string database_;
  capture::TenantQueue& queue_;
  Gtid gtid_;
  std::string xid_;
  bool concerned_ = false;
  bool completes_ = false;
  std::optional<Gtid> last_;
};

}  // namespace

ApplyPair::ApplyPair(const std::string& setup, const schema::SchemaOptions& options_of_schema,
                     const std::string& database_options)
    : source_(database_options),
      reader_(servers().source, mariadb::TextForm::column_bytes),
      spill_(folder_.path(), 1U << 30U),
      memory_(kMemory),
      queue_(memory_, kMemory, spill_) {
  source_.run(setup);
  model_ = read_source(source_.name());
  schema_ =
      schema::build_target(model_, schema::TypeMap::load(options_of_schema.map), options_of_schema);
  for (const Finding& finding : schema_.findings) {
    INFO(finding.object << ": " << finding.message);
    REQUIRE(finding.severity != Severity::error);
  }
  looker_ = std::make_unique<postgres::Session>(target_.connect());
  apply_schema(*looker_, schema_, model_);
  looker_->execute("SET search_path = public");
  read_to_ = GtidList::parse(binlog_position());
  copy_rows();
  looker_->execute("CREATE SCHEMA IF NOT EXISTS godwit");
  looker_->execute(engine::progress_table_sql());
  looker_->execute(engine::progress_row_sql(kTenant, Epoch{1}, {"binlog", 4, read_to_}));
  plan_ = std::make_shared<const apply::SchemaPlan>(model_, schema_, reader_);
}

void ApplyPair::copy_rows() {
  looker_->execute("SET session_replication_role = replica");
  for (const schema::TargetTable& target : schema_.tables) {
    const mariadb::Table& source = *model_.find_table(target.source_name);
    schema::RowCodec codec(source, target, reader_);
    mariadb::RowStream rows(reader_, schema::select_sql(model_.name, source, target, ""));
    postgres::CopyIn copy(*looker_, schema::copy_sql(target));
    schema::CopyBuffer buffer;
    buffer.put_header();
    while (rows.next())
      codec.encode(rows.row(), buffer);
    buffer.put_trailer();
    copy.put(buffer.bytes());
    copy.finish();
  }
  looker_->execute("SET session_replication_role = origin");
}

void ApplyPair::on_target(const std::string& sql) { looker_->execute(sql); }

std::string ApplyPair::target_value(const std::string& sql) {
  return looker_->scalar(sql).value_or("NULL");
}

void ApplyPair::capture() {
  const GtidList end = GtidList::parse(binlog_position());
  if (read_to_.covers(end)) return;
  mariadb::Connection root(servers().source_root);
  mariadb::ReplicationOptions replication;
  replication.server_id = mariadb::choose_server_id(root);
  replication.start = read_to_;
  mariadb::ReplicationStream stream(servers().source_root, replication);
  DatabaseSink sink(source_.name(), queue_);
  capture::GroupReader groups(sink);
  std::optional<Gtid> seen;
  for (int heartbeats = 0; !read_to_.covers(end);) {
    const auto packet = stream.next(std::stop_token()).value();
    heartbeats += packet[4] == std::byte{27} ? 1 : 0;
    REQUIRE(heartbeats < 10);  // the end didn't come
    groups.take(packet);
    if (sink.last() == seen) continue;
    seen = sink.last();
    read_to_.advance(*seen);
  }
}

apply::Applier& ApplyPair::restart(Epoch epoch) {
  stop();
  session_ = std::make_unique<postgres::Session>(target_.connect());
  session_->execute("SET search_path = public");
  applier_ = std::make_unique<apply::Applier>(*session_, plan_, kTenant, epoch, options);
  return *applier_;
}

apply::ApplyResult ApplyPair::follow(std::uint64_t limit) {
  capture();
  if (!applier_) restart();
  return applier_->apply(queue_, limit);
}

apply::ApplyResult ApplyPair::follow_exactly() {
  apply::ApplyResult result = follow();
  INFO(describe(result));
  REQUIRE(result.end == apply::ApplyEnd::drained);
  CHECK_FALSE(result.more);
  CHECK(queue_.stats().transactions == 0);
  CHECK(differences() == "");
  return result;
}

std::string ApplyPair::differences() {
  mariadb::Connection reader(servers().source);
  const std::vector<std::string> names{source_.name()};
  const mariadb::Database now = mariadb::read_databases(reader, names).at(0);
  const verify::TenantResult result = verify::verify_tenant(reader, now, *looker_, schema_, {});
  std::string text;
  for (const verify::Difference& difference : result.differences) {
    if (difference.key == "next value") continue;  // counters aren't in the binlog
    text += difference.table + ": " + std::string(verify::name(difference.kind)) + " key " +
            difference.key + " column " + difference.column + " source " + difference.source_value +
            " target " + difference.target_value + "\n";
  }
  return text;
}

std::string describe(const apply::ApplyResult& result) {
  if (result.statement) return "statement: " + result.statement->sql;
  if (!result.evidence) return "no evidence";
  const apply::Evidence& evidence = *result.evidence;
  return evidence.table + ": " + evidence.problem + "; " + evidence.sqlstate + " " +
         evidence.message + "; key " + evidence.key + "; before " + evidence.before + "; after " +
         evidence.after;
}

}  // namespace godwit::test
