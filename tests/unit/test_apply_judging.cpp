// What an applier makes of failures: evidence, classes of errors, tables that were only opened.
#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "apply/evidence.hpp"
#include "apply/failure.hpp"
#include "apply/touched_tables.hpp"
#include "schema_model.hpp"

using namespace godwit;
using mariadb::ColumnType;

namespace {

mariadb::Table child_of(const std::string& name, const std::string& parent) {
  mariadb::Table table = test::table(name, {test::id_column()}, {test::index("PRIMARY", {"id"})});
  if (!parent.empty()) {
    table.foreign_keys = {{"fk", {"id"}, "crm", parent, {"id"}, "CASCADE", "RESTRICT"}};
  }
  return table;
}

mariadb::RawValue raw(const std::string& bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

/// A row of a table (id INT PRIMARY KEY, name VARCHAR) as the binlog has it.
struct Row {
  Row() : model(test::database({source()})), schema(test::target(model)) {
    plan.source = &model.tables.front();
    plan.target = &schema.tables.front();
    for (const schema::TargetColumn& column : plan.target->columns) {
      const mariadb::Column& from = plan.source->columns[column.source_index];
      const bool number = from.type == ColumnType::integer;
      codecs.push_back(schema::make_binlog_codec(
          from,
          {number ? schema::binlog_type::kLong : schema::binlog_type::kVarchar,
           static_cast<std::uint16_t>(number ? 0 : 16'000)},
          column.form, column.policies,
          number ? nullptr
                 : std::make_shared<mariadb::Charset>("utf8mb4", mariadb::CharsetForm::utf8)));
    }
    image.values = values;
    image.all_present = true;
  }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  static mariadb::Table source() {
    mariadb::Table table = test::table("t", {test::id_column(), test::text_column("name", 4000)},
                                       {test::index("PRIMARY", {"id"})});
    for (int i = 0; i < 100; ++i)
      table.columns.push_back(test::text_column("more" + std::to_string(i), 4000));
    return table;
  }
  [[nodiscard]] apply::ShownRow shown() const { return {&plan, codecs, &image}; }

  mariadb::Database model;
  schema::TargetSchema schema;
  apply::TablePlan plan;
  std::vector<schema::ColumnCodec> codecs;
  std::array<mariadb::RawValue, 102> values{};
  capture::RowImage image;
};

}  // namespace

TEST_CASE("evidence shows the columns that an image has", "[apply_judging]") {
  Row row;
  const std::string id("\x2A\0\0\0", 4);
  const std::string name = "it's";
  row.values[0] = raw(id);
  row.values[1] = raw(name);
  const std::array<std::byte, 13> bits{std::byte{3}};
  row.image.all_present = false;
  row.image.present = capture::PresentColumns(bits, 102);
  CHECK(apply::row_text(row.shown()) == "id=42, name='it's'");
  CHECK(apply::key_text(row.shown()) == "id=42");
  row.values[1] = {};
  CHECK(apply::row_text(row.shown()) == "id=42, name=NULL");
  const apply::ShownRow none{&row.plan, row.codecs, nullptr};
  CHECK(apply::row_text(none).empty());
  CHECK(apply::key_text(none).empty());
}

TEST_CASE("a long row is cut between values", "[apply_judging]") {
  Row row;
  const std::string id("\x2A\0\0\0", 4);
  const std::string text(4000, 'x');
  row.values.fill(raw(text));
  row.values[0] = raw(id);
  const std::string shown = apply::row_text(row.shown());
  CHECK(shown.size() <= apply::kRowTextMax);
  CHECK(shown.size() > apply::kRowTextMax - 200);
  CHECK(shown.ends_with("…"));
}

TEST_CASE("a count that is wrong is told", "[apply_judging]") {
  CHECK(apply::mismatch_text("delete", {3, 1, 0}) == "delete affected 0 rows, not 1");
}

TEST_CASE("errors about data stop a tenant, others are tried again", "[apply_judging]") {
  for (const char* state : {"22001", "23505", "23503", "42703", "42P01", "54000", "P0001"})
    CHECK(apply::is_about_data(state));
  for (const char* state : {"40001", "40P01", "57P01", "57014", "42501", "53100", "55P03", "08006",
                            "25006", "XX000", ""}) {
    CAPTURE(state);
    CHECK_FALSE(apply::is_about_data(state));
  }
}

TEST_CASE("the first failure counts", "[apply_judging]") {
  postgres::BatchReport report;
  CHECK_FALSE(apply::first_failure(report));
  report.mismatches.push_back({5, 1, 0});
  CHECK(apply::first_failure(report) == 5U);
  report.error.emplace(
      postgres::OperationError{7, "23505", "", "", "", "", "", "", Error(ErrorKind::rejected, "")});
  CHECK(apply::first_failure(report) == 5U);
  report.error->index = 2;
  CHECK(apply::first_failure(report) == 2U);
}

TEST_CASE("foreign keys explain tables without rows", "[apply_judging]") {
  const mariadb::Database model =
      test::database({child_of("a", ""), child_of("b", "a"), child_of("c", "b"),
                      child_of("other", ""), child_of("self", "self")});
  using Names = std::vector<std::string>;
  CHECK(apply::unexplained_tables(model, {"a"}, {"b", "c"}).empty());
  CHECK(apply::unexplained_tables(model, {"b"}, {"c"}).empty());
  CHECK(apply::unexplained_tables(model, {"b"}, {"a", "other", "a"}) == Names{"a", "other"});
  CHECK(apply::unexplained_tables(model, {"self"}, {"self"}).empty());
  CHECK(apply::unexplained_tables(model, {}, {"c"}) == Names{"c"});
}

TEST_CASE("a key to another database explains nothing here", "[apply_judging]") {
  mariadb::Database model = test::database({child_of("a", ""), child_of("b", "a")});
  model.tables[1].foreign_keys[0].referenced_database = "elsewhere";
  CHECK(apply::unexplained_tables(model, {"a"}, {"b"}).size() == 1);
}
