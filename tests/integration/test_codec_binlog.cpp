// The same value by both ways: what a row image becomes is, byte for byte, what the snapshot's value
// of that row becomes, or both are refused for the same reason.
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "codec_cases.hpp"
#include "support/binlog_images.hpp"
#include "support/random_values.hpp"

using namespace godwit;
using namespace godwit::test;

namespace {

struct Outcome {
  std::string field;  // length and bytes
  std::string refusal;
  std::string shown;
  schema::PolicyCounts counts{};
};

Outcome encode(const schema::ColumnCodec& codec, mariadb::RawValue value) {
  Outcome outcome;
  schema::CopyBuffer buffer;
  try {
    codec.encode(codec, value, buffer, outcome.counts);
    outcome.field = {reinterpret_cast<const char*>(buffer.bytes().data()), buffer.size()};
  } catch (const schema::ValueRefused& refused) {
    outcome.refusal = schema::name(refused.refusal());
  }
  outcome.shown = schema::display(codec, value);
  return outcome;
}

std::vector<Outcome> by_snapshot(CodecCases& cases, std::size_t index) {
  const mariadb::Table& source = cases.source_table(index);
  const schema::TargetTable& target = cases.target_table(index);
  const schema::RowCodec codec(source, target, cases.connection());
  mariadb::RowStream rows(
      cases.connection(),
      schema::select_sql(cases.source().name(), source, target, "") + " ORDER BY id");
  std::vector<Outcome> outcomes;
  while (rows.next())
    outcomes.push_back(encode(codec.columns().at(1), rows.row()[1]));
  return outcomes;
}

std::vector<Outcome> by_binlog(CodecCases& cases, std::size_t index,
                               const std::vector<RawImage>& images) {
  const schema::TargetColumn& target = cases.target_table(index).columns.at(1);
  const mariadb::Column& source = cases.source_table(index).columns.at(target.source_index);
  mariadb::CharsetPtr charset;
  if (!source.charset.empty()) charset = mariadb::load_charset(cases.connection(), source.charset);
  std::vector<Outcome> outcomes;
  for (const RawImage& image : images) {
    const auto codec = schema::make_binlog_codec(source, image.columns.at(target.source_index),
                                                 target.form, target.policies, charset);
    const auto& value = image.values.at(target.source_index);
    mariadb::RawValue raw;
    if (value) raw = {reinterpret_cast<const std::byte*>(value->data()), value->size()};
    outcomes.push_back(encode(codec, raw));
  }
  return outcomes;
}

std::string head(const std::string& bytes) {
  return Catch::StringMaker<std::string>::convert(bytes.substr(0, 200)) + " of " +
         std::to_string(bytes.size());
}

/// The types of the logged columns.
using Types = std::set<int>;

/// Of every case the rows that its table has; they were inserted behind `start`.
Types check_both_ways(CodecCases& cases, const std::string& start) {
  SecondDigits digits;
  for (std::size_t i = 0; i < cases.size(); ++i)
    digits[table_name(i)] = cases.source_table(i).columns.at(1).fraction;
  const auto images = images_of(cases.source(), start, digits);
  Types types;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases.at(i).type, cases.at(i).value.substr(0, 200));
    const std::vector<Outcome> selected = by_snapshot(cases, i);
    const std::vector<RawImage>& rows = images.at(table_name(i));
    const std::vector<Outcome> logged = by_binlog(cases, i, rows);
    types.insert(rows.at(0).columns.at(1).type);
    REQUIRE(selected.size() == logged.size());
    REQUIRE_FALSE(selected.empty());
    for (std::size_t row = 0; row < selected.size(); ++row) {
      CAPTURE(row, head(selected[row].field), head(logged[row].field));
      CHECK(logged[row].refusal == selected[row].refusal);
      CHECK((logged[row].field == selected[row].field));
      CHECK(logged[row].counts == selected[row].counts);
      // a result row pads it with zeros
      const bool zerofill = cases.at(i).type.find("zerofill") != std::string::npos;
      if (!zerofill) CHECK(logged[row].shown == selected[row].shown);
    }
  }
  return types;
}

Types check_both_ways(std::vector<CodecCase> list) {
  const std::string start = binlog_position();
  CodecCases cases(std::move(list));
  return check_both_ways(cases, start);
}

std::string many_members(int count) {
  std::string list;
  for (int i = 1; i <= count; ++i)
    list += (i == 1 ? "'m" : ",'m") + std::to_string(i) + '\'';
  return list;
}

/// Values that only the log packs in a way of its own.
std::vector<CodecCase> packed_cases() {
  std::vector<CodecCase> list{
      {"char(5)", "'a b  '", ""},
      {"char(5) CHARACTER SET latin1", "X'E920'", ""},
      {"char(5) CHARACTER SET utf16", "_utf16 X'0061002000200020'", ""},
      {"char(5) CHARACTER SET ucs2", "_ucs2 X'00200061'", ""},
      {"char(5) CHARACTER SET sjis", "X'81402020'", ""},
      {"char(5) COLLATE utf8mb4_nopad_bin", "'a  '", ""},
      {"char(255)", "REPEAT(_utf8mb4 X'F09F9880', 255)", ""},
      {"char(64)", "REPEAT(_utf8mb4 X'F09F9880', 64)", ""},
      {"char(0)", "''", ""},
      {"char(1)", "NULL", ""},
      {"varchar(63)", "REPEAT('x', 63)", ""},
      {"varchar(64)", "REPEAT('x', 64)", ""},
      {"varchar(16000)", "REPEAT('x', 16000)", ""},
      {"varchar(0)", "''", ""},
      {"varchar(100) CHARACTER SET latin1 COMPRESSED", "REPEAT('x', 100)", ""},
      {"varchar(100) COMPRESSED", "'short'", ""},
      {"varchar(100) COMPRESSED", "''", ""},
      {"mediumtext COMPRESSED", "REPEAT('0123456789', 10000)", ""},
      {"tinytext", "REPEAT('x', 255)", ""},
      {"mediumtext", "REPEAT('x', 70000)", ""},
      {"tinyblob", "X'00'", ""},
      {"mediumblob", "REPEAT('x', 70000)", ""},
      {"binary(20)", "X'0000000000000000000000000000000000000001'", ""},
      {"binary(255)", "X'0100'", ""},
      {"binary(3)", "X'202020'", ""},
      {"varbinary(300)", "X'0000'", ""},
      {"enum(" + many_members(255) + ")", "255", ""},
      {"enum(" + many_members(256) + ")", "256", ""},
      {"enum(" + many_members(256) + ")", "0", ""},
      {"decimal(1,0)", "-9", ""},
      {"decimal(65,38)", "-0." + std::string(38, '9'), ""},
      {"decimal(18,9)", "-123456789.987654321", ""},
      {"decimal(19,9)", "1234567890.000000001", ""},
      {"mediumint", "-1", ""},
      {"mediumint", "8388607", ""},
      {"tinyint unsigned", "128", ""},
      {"bit(64)", "1 << 63", ""},
      {"inet6", "'1::'", ""},
      {"inet4", "'10.0.0.0'", ""},
      {"geometry", "ST_GeomFromText('POINT(-0 1e308)', 4326)", ""},
      {"longtext CHARACTER SET utf16", "_utf16 X'D83DDE000061'", ""},
  };
  for (const char* uuid :
       {"c232ab00-9414-11ec-b3c8-9e6bdeced846", "000003e8-2363-21ed-b200-325096b39f47",
        "6fa459ea-ee8a-3ca4-894e-db77e160355e", "919108f7-52d1-4320-9bac-f847db4148a8",
        "2ed6657d-e927-568b-95e1-2665a8aea6a2", "1ec9414c-232a-6b00-b3c8-9e6bdeced846",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "01234567-89ab-8def-8123-000000000000",
        "01234567-89ab-1def-0123-456789abcd00", "00000000-0000-1000-8000-000000000000"}) {
    list.push_back({"uuid", '\'' + std::string(uuid) + '\'', ""});
  }
  for (const int members : {1, 8, 9, 16, 17, 24, 25, 32, 33, 64}) {
    const std::string type = "set(" + many_members(members) + ")";
    list.push_back({type, "~0 >> " + std::to_string(64 - members), ""});
    list.push_back({type, "'m" + std::to_string(members) + '\'', ""});
  }
  return list;
}

/// Every count of digits of a second.
std::vector<CodecCase> moment_list() {
  std::vector<CodecCase> list;
  for (int digits = 0; digits <= 6; ++digits) {
    const std::string type = '(' + std::to_string(digits) + ')';
    for (const char* value :
         {"'2024-02-29 23:59:59.987654'", "'1000-01-01 00:00:00.000001'", "'0000-00-00'",
          "'2024-00-15 01:02:03.5'", "'2023-02-31 12:00:00'", "'9999-12-31 23:59:59.999999'"}) {
      list.push_back({"datetime" + type, value, ""});
    }
    for (const char* value : {"'1970-01-01 00:00:01.25'", "'2038-01-19 03:14:07.987654'",
                              "'2000-02-29 12:34:56.000001'", "0"}) {
      list.push_back({"timestamp" + type + " NULL", value, ""});
    }
    for (const char* value :
         {"'838:59:59.999999'", "'-838:59:59.999999'", "'-00:00:00.25'", "'-00:00:01.25'", "'-1'",
          "'00:00:00'", "'-12:34:56.987654'", "'23:59:59.000001'"}) {
      list.push_back({"time" + type, value, ""});
    }
  }
  return list;
}

/// Tables made meanwhile have the formats of MariaDB 5.3.
class OldTemporalFormat {
 public:
  OldTemporalFormat() : root_(servers().source_root) {
    root_.execute("SET GLOBAL mysql56_temporal_format = OFF");
  }
  ~OldTemporalFormat() {
    try {
      root_.execute("SET GLOBAL mysql56_temporal_format = ON");
    } catch (const std::exception& error) {
      WARN(error.what());
    }
  }
  OldTemporalFormat(const OldTemporalFormat&) = delete;
  OldTemporalFormat& operator=(const OldTemporalFormat&) = delete;

 private:
  mariadb::Connection root_;
};

}  // namespace

TEST_CASE("a value in the binlog becomes what it becomes in a snapshot", "[codec_binlog]") {
  check_both_ways(all_codec_cases());
}

TEST_CASE("values that the binlog packs in its own way become the same", "[codec_binlog]") {
  check_both_ways(packed_cases());
}

TEST_CASE("dates and times become the same with any digits", "[codec_binlog]") {
  CHECK(check_both_ways(moment_list()) == Types{17, 18, 19});
}

TEST_CASE("random values become the same", "[codec_binlog]") {
  constexpr int kRows = 1000;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  std::vector<CodecCase> columns;
  for (const RandomType& type : random_types())
    columns.push_back({type.type, "NULL", ""});
  CodecCases cases(columns);
  for (std::size_t i = 0; i < cases.size(); ++i)
    cases.source().run("DELETE FROM " + table_name(i));
  const std::string start = binlog_position();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::vector<RandomValue> values;
    for (int row = 0; row < kRows; ++row)
      values.push_back(random_types()[i].make(random));
    cases.source().run(insert_sql(table_name(i), values));
  }
  check_both_ways(cases, start);
}

TEST_CASE("dates and times of the formats before MySQL 5.6 become the same", "[codec_binlog]") {
  const OldTemporalFormat old;
  CHECK(check_both_ways(moment_list()) == Types{7, 11, 12});
}
