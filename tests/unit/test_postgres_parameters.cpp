#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"
#include "postgres/connection_parameters.hpp"
#include "postgres/server_error.hpp"

using namespace godwit;
using namespace godwit::postgres;
using Catch::Contains;
using namespace std::string_literals;

TEST_CASE("a connection string keeps what it says") {
  const ConnectionParameters uri(
      "postgresql://bob@h1,h2:5433/crm?sslmode=verify-full&connect_timeout=3&options=-c%20x.y%3D1",
      {});
  CHECK(uri.value("host") == "h1,h2");
  CHECK(uri.value("user") == "bob");
  CHECK(uri.value("dbname") == "crm");
  CHECK(uri.value("sslmode") == "verify-full");
  CHECK(uri.value("connect_timeout") == "3");
  CHECK_THAT(std::string(uri.value("options")), Contains("-c x.y=1 ") &&
                                                    Contains("-c search_path=pg_catalog") &&
                                                    Contains("-c timezone=UTC"));
  CHECK(uri.value("fallback_application_name") == "godwit");
}

TEST_CASE("session options are added") {
  SessionOptions options;
  options.database = "tenant'1";
  options.application_name = "godwit/acme";
  options.connect_timeout_s = 7;
  options.settings = {{"synchronous_commit", "off"}, {"x.y", "a b\\c"}};
  const ConnectionParameters parameters("host=/tmp dbname=postgres", options);
  CHECK(parameters.value("dbname") == "tenant'1");
  CHECK(parameters.value("connect_timeout") == "7");
  CHECK_THAT(std::string(parameters.value("options")),
             Contains("-c synchronous_commit=off") && Contains("-c x.y=a\\ b\\\\c"));
  CHECK_THAT(parameters.conninfo(), Contains("dbname='tenant\\'1'"));
}

TEST_CASE("what keeps results exact can't be set otherwise") {
  const ConnectionParameters parameters(
      "postgresql:///x?options=-c%20search_path%3Devil%20-c%20lock_timeout%3D1s", {});
  const std::string_view options = parameters.value("options");
  CHECK(options.rfind("search_path=pg_catalog") > options.rfind("search_path=evil"));
  CHECK(options.rfind("lock_timeout=1s") > options.rfind("lock_timeout=10s"));
}

TEST_CASE("a session may look for names in one schema, quoted") {
  SessionOptions options;
  options.schema = "Acme \"&\" sons";
  const ConnectionParameters parameters("postgresql:///x?options=-c%20search_path%3Devil", options);
  const std::string_view text = parameters.value("options");
  CHECK(text.ends_with(R"( -c search_path="Acme\ ""&""\ sons")"));
  options.schema.assign(64, 'x');
  CHECK_THROWS_AS(ConnectionParameters("postgresql:///x", options), Error);
}

TEST_CASE("a broken connection string is refused without its password") {
  const std::string uri = GENERATE(
      as<std::string>(), "postgresql://bob:hunter2%@h/x", "postgresql://bob:hunter2@[::1/x",
      "postgresql://bob:hunter2@h:1x2/x?=", "user=bob password=hunter2 hunter2",
      "password='hunter2", "host=h password=hunter2\\");
  CAPTURE(uri);
  try {
    const ConnectionParameters parameters(uri, {});
    // Some of these only fail when they are used.
    CHECK_FALSE(parameters.value("host").empty());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), !Contains("hunter2"));
    CHECK_THAT(error.hint(), !Contains("hunter2"));
  }
}

TEST_CASE("an unknown connection option is named") {
  REQUIRE_THROWS_WITH(ConnectionParameters("postgresql://bob:hunter2@h/x?sslmod=off", {}),
                      Contains("sslmod") && !Contains("hunter2"));
  REQUIRE_THROWS_WITH(ConnectionParameters("hots=h", {}), Contains("hots"));
}

namespace {

struct StateCase {
  const char* state;
  ErrorKind kind;
  bool retryable;
  bool has_hint;
};

}  // namespace

TEST_CASE("a SQLSTATE decides kind and retry") {
  const auto test = GENERATE(values<StateCase>({
      {"", ErrorKind::target, true, false},         {"08006", ErrorKind::target, true, false},
      {"57P01", ErrorKind::target, true, false},    {"57P03", ErrorKind::target, true, false},
      {"40001", ErrorKind::target, true, false},    {"40P01", ErrorKind::target, true, false},
      {"53200", ErrorKind::target, true, true},     {"53300", ErrorKind::target, true, true},
      {"55P03", ErrorKind::target, true, true},     {"28P01", ErrorKind::target, false, true},
      {"28000", ErrorKind::target, false, true},    {"3D000", ErrorKind::target, false, true},
      {"53100", ErrorKind::target, false, true},    {"25006", ErrorKind::target, false, true},
      {"42501", ErrorKind::preflight, false, true}, {"42P01", ErrorKind::target, false, false},
      {"54000", ErrorKind::rejected, false, false}, {"22P05", ErrorKind::rejected, false, false},
      {"23505", ErrorKind::rejected, false, false},
  }));
  const Error error = server_error(test.state, "text\n");
  CAPTURE(test.state);
  CHECK(error.kind() == test.kind);
  CHECK(error.retryable() == test.retryable);
  CHECK(error.hint().empty() != test.has_hint);
  CHECK_THAT(error.what(), Catch::StartsWith("text") && Contains(test.state));
}

TEST_CASE("PostgreSQL identifiers are quoted or refused") {
  CHECK(quote_identifier("name") == "\"name\"");
  CHECK(quote_identifier("a\"; DROP --") == "\"a\"\"; DROP --\"");
  CHECK(quote_identifier("\xe2\x82\xac") == "\"\xe2\x82\xac\"");
  CHECK(quote_identifier(std::string(63, 'x')).size() == 65);
  REQUIRE_THROWS_WITH(quote_identifier(std::string(64, 'x')), Contains("64 bytes"));
  REQUIRE_THROWS_WITH(quote_identifier("a\0b"s), Contains("NUL"));
  REQUIRE_THROWS_WITH(quote_identifier("a\xff"), Contains("UTF-8"));
  REQUIRE_THROWS_AS(quote_identifier(""), Error);
}

TEST_CASE("PostgreSQL literals are quoted whatever the settings") {
  CHECK(quote_literal("") == "''");
  CHECK(quote_literal("it's") == "'it''s'");
  CHECK(quote_literal("a\\'b") == "E'a\\\\''b'");
  REQUIRE_THROWS_AS(quote_literal("\0"s), Error);
  REQUIRE_THROWS_AS(quote_literal("\xc3"), Error);
}
