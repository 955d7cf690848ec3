// Columns of one value each: stored in MariaDB, copied through the codecs as the engine does it,
// and read back from PostgreSQL as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/mariadb/row_stream.hpp"
#include "godwit/schema/codec.hpp"
#include "support/codec_case_list.hpp"
#include "support/servers.hpp"

namespace godwit::test {

inline std::string table_name(std::size_t index) { return "t" + std::to_string(index); }

/// Creates the tables t0, t1, … of the cases on both sides.
class CodecCases {
 public:
  explicit CodecCases(std::vector<CodecCase> cases, const std::string& map = "default")
      : cases_(std::move(cases)), connection_(servers().source, mariadb::TextForm::column_bytes) {
    source_.run(
        "SET sql_mode = 'ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', "
        "time_zone = '+00:00', check_constraint_checks = 0");
    schema::SchemaOptions options;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      source_.run("CREATE TABLE " + table_name(i) + " (id int PRIMARY KEY, v " + cases_[i].type +
                  "); INSERT INTO " + table_name(i) + " VALUES (1, " + cases_[i].value + ")");
      options.columns[table_name(i) + ".v"] = cases_[i].plan;
    }
    const std::vector<std::string> names{source_.name()};
    mariadb::Connection catalog(servers().source);
    database_ = mariadb::read_databases(catalog, names).at(0);
    schema_ = schema::build_target(database_, schema::TypeMap::load(map), options);
    for (const Finding& finding : schema_.findings) {
      INFO(finding.object << ": " << finding.message);
      REQUIRE(finding.severity != Severity::error);
    }
    session_.emplace(target_.connect());
    session_->execute("SET search_path = public");
    for (const std::string& sql : schema::ddl(schema_).tables)
      session_->execute(sql);
  }

  void run() {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      CAPTURE(cases_[i].type, cases_[i].value.substr(0, 200), cases_[i].show);
      schema::PolicyCounts counts{};
      const std::string refusal = copy(i, counts);
      if (!refusal.empty()) {
        CHECK("refused: " + refusal == cases_[i].expected);
        continue;
      }
      const auto shown =
          session_->scalar("SELECT " + cases_[i].show + " FROM public." + table_name(i));
      CHECK(shown.value_or("NULL") == cases_[i].expected);
      for (std::size_t kind = 0; kind < counts.size(); ++kind) {
        const bool expected = cases_[i].counted == static_cast<schema::Refusal>(kind);
        CHECK(counts[kind] == (expected ? 1 : 0));
      }
    }
  }

  /// Copies a table; returns the refusal's name, empty when all went well.
  std::string copy(std::size_t index, schema::PolicyCounts& counts) {
    const mariadb::Table& source = source_table(index);
    const schema::TargetTable& target = target_table(index);
    schema::RowCodec codec(source, target, connection_);
    mariadb::RowStream rows(connection_, schema::select_sql(database_.name, source, target, ""));
    postgres::CopyIn copy(*session_, schema::copy_sql(target));
    schema::CopyBuffer buffer;
    buffer.put_header();
    std::string refusal;
    while (rows.next()) {
      const std::size_t before = buffer.size();
      try {
        codec.encode(rows.row(), buffer);
      } catch (const schema::ValueRefused& refused) {
        refusal = schema::name(refused.refusal());
        CHECK(buffer.size() == before);
        CHECK(codec.columns()[codec.refused_column()].source == source.columns[1].type);
      }
    }
    buffer.put_trailer();
    copy.put(buffer.bytes());
    copy.finish();
    counts = codec.counts().at(1);
    return refusal;
  }

  [[nodiscard]] const CodecCase& at(std::size_t index) const { return cases_.at(index); }
  [[nodiscard]] std::size_t size() const { return cases_.size(); }
  [[nodiscard]] const mariadb::Table& source_table(std::size_t index) const {
    return *database_.find_table(table_name(index));
  }
  [[nodiscard]] const schema::TargetTable& target_table(std::size_t index) const {
    return *schema_.find_source_table(table_name(index));
  }
  /// The session that copies: text comes as the column's bytes.
  mariadb::Connection& connection() { return connection_; }
  SourceDatabase& source() { return source_; }
  postgres::Session& target() { return *session_; }

 private:
  std::vector<CodecCase> cases_;
  SourceDatabase source_;
  TargetDatabase target_;
  mariadb::Connection connection_;
  mariadb::Database database_;
  schema::TargetSchema schema_;
  std::optional<postgres::Session> session_;
};

inline void run_cases(std::vector<CodecCase> cases) { CodecCases(std::move(cases)).run(); }

}  // namespace godwit::test
