#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "binlog_codec.hpp"
#include "binlog_table.hpp"
#include "capture/routing_key.hpp"
#include "godwit/core/error.hpp"
#include "schema_model.hpp"

using namespace godwit;
using namespace std::string_literals;
using capture::FieldKeys;
using capture::KeyColumn;
using capture::KeyReader;
using capture::RoutingKey;
using mariadb::ColumnType;
using schema::TargetForm;
using test::MadeColumn;
using test::unhex;

namespace {

constexpr std::uint64_t kMinus = ~std::uint64_t{0};

KeyColumn key_column(ColumnType type, TargetForm form, bool is_unsigned = false,
                     std::size_t index = 0) {
  KeyColumn column;
  column.index = index;
  column.source = test::column(type, is_unsigned);
  column.form = form;
  return column;
}

KeyColumn text_column(std::size_t index = 0) {
  KeyColumn column;
  column.index = index;
  column.source = test::text_column("slug", 40);
  column.form = TargetForm::text;
  column.charset = test::utf8();
  return column;
}

std::span<const std::byte> bytes_of(const std::string& bytes) {
  return std::as_bytes(std::span(bytes));
}

/// The key of the only row of a write event.
std::optional<RoutingKey> logged(const std::vector<KeyColumn>& columns,
                                 const std::vector<MadeColumn>& made, const std::string& row) {
  const capture::ColumnMap map = test::column_map(made);
  const std::string present(1, static_cast<char>((1U << made.size()) - 1));
  const test::Decoded rows(capture::EventType::write_rows_v1,
                           test::rows_start(made.size(), present) + row);
  capture::RowReader reader;
  reader.open(rows.as<capture::RowsEvent>(), map);
  REQUIRE(reader.next());
  KeyReader keys(columns, map);
  RoutingKey key;
  const KeyReader::Outcome outcome = keys.read(reader.after(), nullptr, key);
  REQUIRE(outcome != KeyReader::Outcome::refused);
  return outcome == KeyReader::Outcome::key ? std::optional(key) : std::nullopt;
}

std::optional<RoutingKey> logged_number(ColumnType type, int wire, TargetForm form,
                                        bool is_unsigned, const std::string& value) {
  return logged({key_column(type, form, is_unsigned)}, {{wire, ""}}, "\0"s + unhex(value));
}

/// Keys of COPY rows; "NULL" rows are passed over.
std::vector<RoutingKey> copied(const std::vector<KeyColumn>& columns, const std::string& rows) {
  FieldKeys fields(columns);
  std::vector<RoutingKey> keys;
  capture::for_each_key(fields, bytes_of(rows),
                        [&](const RoutingKey& key) { keys.push_back(key); });
  return keys;
}

std::string copy_error(const std::vector<KeyColumn>& columns, const std::string& rows) {
  try {
    (void)copied(columns, rows);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("integer keys are their numbers, whatever their width", "[capture]") {
  using enum ColumnType;
  const auto key = [](std::uint64_t high, std::uint64_t low) { return RoutingKey{high, low}; };
  CHECK(logged_number(tinyint, 1, TargetForm::int2, false, "ff") == key(kMinus, kMinus));
  CHECK(logged_number(tinyint, 1, TargetForm::int2, true, "ff") == key(0, 255));
  CHECK(logged_number(smallint, 2, TargetForm::int2, false, "0080") == key(kMinus, 0 - 32768ULL));
  CHECK(logged_number(smallint, 2, TargetForm::int4, true, "0080") == key(0, 32768));
  CHECK(logged_number(mediumint, 9, TargetForm::int4, false, "ffffff") == key(kMinus, kMinus));
  CHECK(logged_number(mediumint, 9, TargetForm::int4, true, "ffffff") == key(0, 0xFFFFFF));
  CHECK(logged_number(integer, 3, TargetForm::int4, false, "2a000000") == key(0, 42));
  CHECK(logged_number(integer, 3, TargetForm::int8, true, "ffffffff") == key(0, 0xFFFFFFFF));
  CHECK(logged_number(bigint, 8, TargetForm::int8, false, "2a00000000000000") == key(0, 42));
  CHECK(logged_number(bigint, 8, TargetForm::numeric, true, "2a00000000000000") == key(0, 42));
  CHECK(logged_number(bigint, 8, TargetForm::numeric, true, "ffffffffffffffff") == key(0, kMinus));
  CHECK(logged_number(bigint, 8, TargetForm::numeric, true, "0000000000000000") == key(0, 0));
  // 10^16: one group of digits and four of zeros, which are left out
  CHECK(logged_number(bigint, 8, TargetForm::numeric, true, "0000c16ff2862300") ==
        key(0, 10'000'000'000'000'000));
}

TEST_CASE("rows of the target have the keys of the binlog's", "[capture]") {
  using enum ColumnType;
  CHECK(copied({key_column(integer, TargetForm::int4)},
               unhex("0001 00000004 0000002a 0001 00000004 ffffffff 0001 ffffffff")) ==
        std::vector<RoutingKey>{{0, 42}, {kMinus, kMinus}});
  CHECK(copied({key_column(smallint, TargetForm::int2)}, unhex("0001 00000002 fffe")) ==
        std::vector<RoutingKey>{{kMinus, kMinus - 1}});
  CHECK(copied({key_column(bigint, TargetForm::int8)}, unhex("0001 00000008 7fffffffffffffff")) ==
        std::vector<RoutingKey>{{0, kMinus >> 1U}});
  // 0, 10^16 and 18446744073709551615, as PostgreSQL sends them
  CHECK(copied({key_column(bigint, TargetForm::numeric, true)},
               unhex("0001 00000008 0000 0000 0000 0000 "
                     "0001 0000000a 0001 0004 0000 0000 0001 "
                     "0001 00000012 0005 0004 0000 0000 0734 1a58 02e1 03bb 064f")) ==
        std::vector<RoutingKey>{{0, 0}, {0, 10'000'000'000'000'000}, {0, kMinus}});
  const auto logged_text = logged({text_column()}, {{15, "\xA0\0"s}}, "\0\4acme"s);
  REQUIRE(logged_text.has_value());
  CHECK(copied({text_column()}, unhex("0001 00000004") + "acme") == std::vector{*logged_text});
  CHECK(copied({text_column()}, unhex("0001 00000005") + "acme ") != std::vector{*logged_text});
  const std::string uuid_value = unhex("00112233445566778899aabbccddeeff");
  const KeyColumn uuid_column = key_column(uuid, TargetForm::uuid);
  const auto logged_uuid = logged({uuid_column}, {{254, "\xFE\x10"}}, "\0\x10"s + uuid_value);
  REQUIRE(logged_uuid.has_value());
  CHECK(copied({uuid_column}, unhex("0001 00000010") + uuid_value) == std::vector{*logged_uuid});
}

TEST_CASE("the directory's texts have the keys of the columns", "[capture]") {
  using enum ColumnType;
  const KeyColumn number = key_column(integer, TargetForm::int4);
  CHECK(tenant_key(number, "42") == RoutingKey{0, 42});
  CHECK(tenant_key(number, "-1") == RoutingKey{kMinus, kMinus});
  CHECK(tenant_key(key_column(bigint, TargetForm::numeric, true), "18446744073709551615") ==
        RoutingKey{0, kMinus});
  CHECK(tenant_key(text_column(), "acme") ==
        logged({text_column()}, {{15, "\xA0\0"s}}, "\0\4acme"s));
  const KeyColumn uuid_column = key_column(uuid, TargetForm::uuid);
  CHECK(std::vector{tenant_key(uuid_column, "00112233-4455-6677-8899-aAbbccddeeff")} ==
        copied({uuid_column}, unhex("0001 00000010 00112233445566778899aabbccddeeff")));
  for (const auto& [column, text] :
       std::vector<std::pair<KeyColumn, std::string>>{{number, "4x"},
                                                      {number, ""},
                                                      {number, "18446744073709551616"},
                                                      {uuid_column, "0011"},
                                                      {uuid_column, "x"}}) {
    CAPTURE(text);
    CHECK_THROWS_AS(tenant_key(column, text), Error);
  }
}

TEST_CASE("a key of two columns is both, and where one ends", "[capture]") {
  using enum ColumnType;
  const std::vector<KeyColumn> both = {text_column(),
                                       key_column(integer, TargetForm::int4, false, 1)};
  const std::vector<MadeColumn> made = {{15, "\xA0\0"s}, {3, ""}};
  const auto key = logged(both, made, "\0\2ab"s + unhex("07000000"));
  REQUIRE(key.has_value());
  CHECK(copied(both, unhex("0002 00000002") + "ab" + unhex("00000004 00000007")) ==
        std::vector{*key});
  CHECK(logged(both, made, "\0\2ab"s + unhex("08000000")) != key);
  CHECK(logged(both, made, "\2\2ab"s) == std::nullopt);
  CHECK(logged(both, made, "\1"s + unhex("07000000")) == std::nullopt);
  // an integer is compared by its value, whatever its width
  const std::vector<KeyColumn> wide = {text_column(),
                                       key_column(bigint, TargetForm::int8, false, 1)};
  CHECK(copied(wide, unhex("0002 00000002") + "ab" + unhex("00000008 0000000000000007")) ==
        std::vector{*key});
  const std::vector<KeyColumn> texts = {text_column(), text_column(1)};
  CHECK(copied(texts, unhex("0002 00000002") + "ab" + unhex("00000001") + "c") !=
        copied(texts, unhex("0002 00000001") + "a" + unhex("00000002") + "bc"));
  CHECK(copied(both, unhex("0002 ffffffff 00000004 00000007 0002 00000001") + "a" +
                         unhex("00000004 00000007"))
            .size() == 1);
}

TEST_CASE("header and trailer of COPY are passed over, what is malformed is refused", "[capture]") {
  const std::vector<KeyColumn> number = {key_column(ColumnType::integer, TargetForm::int4)};
  const std::string header = "PGCOPY\n\377\r\n\0"s + unhex("00000000 00000000");
  const std::string row = unhex("0001 00000004 0000002a");
  CHECK(copied(number, header + row + row + unhex("ffff")).size() == 2);
  CHECK(copied(number, unhex("ffff")).empty());
  CHECK(copied(number, "").empty());
  CHECK_THAT(copy_error(number, row.substr(0, 9)), Catch::Contains("a field of 4 bytes"));
  CHECK_THAT(copy_error(number, row.substr(0, 4)), Catch::Contains("within a field's length"));
  CHECK_THAT(copy_error(number, unhex("00")), Catch::Contains("a row of one byte"));
  CHECK_THAT(copy_error(number, unhex("0002")), Catch::Contains("2 fields where there are 1"));
  CHECK_THAT(copy_error(number, unhex("ffff") + row), Catch::Contains("-1 fields"));
  CHECK_THAT(copy_error(number, unhex("0001 00000003 000000")), Catch::Contains("3 bytes"));
  CHECK_THAT(copy_error(number, unhex("0001 fffffffe")), Catch::Contains("-2 bytes"));
  CHECK_THAT(copy_error(number, unhex("0001 7fffffff")), Catch::Contains("2147483647 bytes"));
  CHECK_FALSE(copy_error(number, header.substr(0, 15) + unhex("7fffffff")).empty());
  const std::vector<KeyColumn> numeric = {
      key_column(ColumnType::bigint, TargetForm::numeric, true)};
  // a fraction, NaN, beyond 64 bits, digits that aren't there
  for (const char* field : {"0000000a 0001 ffff 0000 0001 03e8", "00000008 0000 0000 c000 0000",
                            "0000000a 0001 0005 0000 0000 0001", "00000008 0001 0000 0000 0000",
                            "0000000a 0001 0000 0000 0000 2710", "00000002 0001"}) {
    CAPTURE(field);
    CHECK_THAT(copy_error(numeric, unhex("0001") + unhex(field)), Catch::Contains("numeric"));
  }
}

TEST_CASE("columns whose equal values would have other keys aren't comparable", "[capture]") {
  using enum ColumnType;
  const KeyColumn number = key_column(integer, TargetForm::int4);
  CHECK(is_comparable(number, key_column(bigint, TargetForm::numeric, true)));
  CHECK_FALSE(is_comparable(number, key_column(tinyint, TargetForm::boolean)));
  KeyColumn bytes = text_column();
  bytes.form = TargetForm::bytea;
  CHECK_FALSE(is_comparable(text_column(), bytes));
  KeyColumn marked = text_column();
  marked.policies.nul_byte = schema::NulByte::symbol;
  CHECK_FALSE(is_comparable(text_column(), marked));
  CHECK(is_comparable(marked, marked));
}

TEST_CASE("a key is read from the images that have its columns", "[capture]") {
  const std::vector<MadeColumn> made = {{3, ""}, {15, "\xA0\0"s}};
  const capture::ColumnMap map = test::column_map(made);
  const std::vector<KeyColumn> key = {text_column(1)};
  KeyReader keys(key, map);
  const auto read = [&](const std::string& bitmaps, const std::string& row, bool fall_back) {
    const test::Decoded rows(capture::EventType::update_rows_v1,
                             test::rows_start(2, bitmaps) + row);
    capture::RowReader reader;
    reader.open(rows.as<capture::RowsEvent>(), map);
    REQUIRE(reader.next());
    RoutingKey found;
    CHECK(keys.read(reader.after(), fall_back ? &reader.before() : nullptr, found) ==
          KeyReader::Outcome::key);
    CHECK(keys.describe(reader.after(), &reader.before()) == "slug='a'");
    return found;
  };
  const RoutingKey expected = tenant_key(key.front(), "a");
  CHECK(read("\3\3", "\0"s + unhex("01000000") + "\1b\0"s + unhex("01000000") + "\1a", false) ==
        expected);
  // unchanged, so not in the image behind
  CHECK(read("\3\1", "\0"s + unhex("01000000") + "\1a\0"s + unhex("02000000"), true) == expected);
  const test::Decoded rows(
      capture::EventType::update_rows_v1,
      test::rows_start(2, "\1\1") + "\0"s + unhex("01000000") + "\0"s + unhex("02000000"));
  capture::RowReader reader;
  reader.open(rows.as<capture::RowsEvent>(), map);
  REQUIRE(reader.next());
  RoutingKey found;
  CHECK_THAT(test::source_error([&] { keys.read(reader.after(), &reader.before(), found); }),
             Catch::Contains("without the column slug"));
}

TEST_CASE("a value that the target can't hold is no key", "[capture]") {
  const std::vector<MadeColumn> made = {{15, "\xA0\0"s}};
  const capture::ColumnMap map = test::column_map(made);
  KeyReader keys({text_column()}, map);
  const test::Decoded rows(capture::EventType::write_rows_v1,
                           test::rows_start(1, "\1") + "\0\1\xFF\0\1a"s);
  capture::RowReader reader;
  reader.open(rows.as<capture::RowsEvent>(), map);
  RoutingKey key;
  REQUIRE(reader.next());
  CHECK(keys.read(reader.after(), nullptr, key) == KeyReader::Outcome::refused);
  REQUIRE(reader.next());
  CHECK(keys.read(reader.after(), nullptr, key) == KeyReader::Outcome::key);
  CHECK(key == tenant_key(text_column(), "a"));
  CHECK_THAT(test::source_error([&] {
               KeyReader({text_column()}, test::column_map({{3, ""}}));
             }),
             Catch::Contains("the binlog has it as"));
}
