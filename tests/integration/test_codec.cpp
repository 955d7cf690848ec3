// Every type's edge values, written by hand with what must arrive.
#include <catch2/catch.hpp>

#include "codec_cases.hpp"
#include "godwit/core/error.hpp"

using namespace godwit;
using namespace godwit::test;
using namespace godwit::test::codec_cases;

TEST_CASE("integers arrive with sign and width", "[codec]") { run_cases(integer_cases()); }

TEST_CASE("decimals arrive digit by digit", "[codec]") { run_cases(decimal_cases()); }

TEST_CASE("floats arrive bit by bit", "[codec]") { run_cases(float_cases()); }

TEST_CASE("bits arrive as bit strings", "[codec]") { run_cases(bit_cases()); }

TEST_CASE("dates and times arrive exactly", "[codec]") { run_cases(moment_cases()); }

TEST_CASE("an instant is kept in every time zone", "[codec]") {
  CodecCases cases(
      {{"timestamp(6) NULL", "NULL", "2024-10-27 00:30:00+00 2024-10-27 01:30:00+00"}});
  cases.source().run(
      "SET time_zone = '+05:30'; DELETE FROM t0;"
      "INSERT INTO t0 VALUES (1, '2024-10-27 06:00:00'), (2, '2024-10-27 07:00:00')");
  schema::PolicyCounts counts{};
  CHECK(cases.copy(0, counts).empty());
  // 02:30 twice in Berlin, at the end of summer time.
  CHECK(cases.target().scalar("SELECT string_agg(v::text, ' ' ORDER BY id) FROM public.t0") ==
        "2024-10-27 00:30:00+00 2024-10-27 01:30:00+00");
  CHECK(cases.target().scalar("SELECT count(DISTINCT (v AT TIME ZONE 'Europe/Berlin')) "
                              "FROM public.t0") == "1");
}

TEST_CASE("zero, partial and invalid dates follow their policy", "[codec]") {
  run_cases(invalid_date_cases());
}

TEST_CASE("text arrives byte by byte", "[codec]") { run_cases(text_cases()); }

TEST_CASE("text that PostgreSQL can't hold follows its policy", "[codec]") {
  run_cases(invalid_text_cases());
}

TEST_CASE("bytes arrive as they are", "[codec]") { run_cases(bytes_cases()); }

TEST_CASE("enums and sets arrive by name", "[codec]") { run_cases(member_cases()); }

TEST_CASE("JSON keeps its text", "[codec]") { run_cases(json_cases()); }

TEST_CASE("invalid JSON is refused by the server and nothing is kept", "[codec]") {
  CodecCases cases({{"json", "'{not json'", ""}});
  schema::PolicyCounts counts{};
  try {
    cases.copy(0, counts);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
    CHECK_THAT(error.what(), Catch::Contains("22P02") && Catch::Contains("column v"));
  }
  CHECK(cases.target().scalar("SELECT count(*) FROM public.t0") == "0");
}

TEST_CASE("UUIDs and addresses arrive", "[codec]") { run_cases(address_cases()); }

TEST_CASE("geometries keep their SRID and bytes", "[codec]") { run_cases(geometry_cases()); }
