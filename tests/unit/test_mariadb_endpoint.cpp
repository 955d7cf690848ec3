#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/endpoint.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::Secret;
using godwit::mariadb::Endpoint;
using godwit::mariadb::parse_uri;
using godwit::mariadb::TlsMode;

TEST_CASE("a source URI names host, port and user") {
  struct Case {
    const char* uri;
    const char* host;
    int port;
    const char* user;
    const char* socket;
    TlsMode tls;
  };
  const auto c = GENERATE(values<Case>({
      {"mariadb://db1", "db1", 3306, "", "", TlsMode::verify_full},
      {"mariadb://godwit@db1:3307/", "db1", 3307, "godwit", "", TlsMode::verify_full},
      {"mysql://g%40x@db1?ssl=off", "db1", 3306, "g@x", "", TlsMode::off},
      {"mariadb://a@b@db1", "db1", 3306, "a@b", "", TlsMode::verify_full},
      {"mariadb://g@db1/?ssl=verify-ca&ssl-ca=/ca.pem", "db1", 3306, "g", "", TlsMode::verify_ca},
      {"mariadb://g@[fe80::1]:3308/?ssl=required", "fe80::1", 3308, "g", "", TlsMode::required},
      {"mariadb://g@[2001:db8::1]", "2001:db8::1", 3306, "g", "", TlsMode::verify_full},
      {"mariadb://g@127.0.0.1", "127.0.0.1", 3306, "g", "", TlsMode::off},
      {"mariadb://g@localhost", "", 3306, "g", "", TlsMode::off},
      {"mariadb://g@localhost:3309", "localhost", 3309, "g", "", TlsMode::off},
      {"mariadb://g@localhost/?socket=%2Frun%2Fdb.sock", "", 3306, "g", "/run/db.sock",
       TlsMode::off},
      {"mariadb://g@/?socket=/run/db.sock&ssl=verify-full", "", 3306, "g", "/run/db.sock",
       TlsMode::verify_full},
  }));
  CAPTURE(c.uri);
  const Endpoint endpoint = parse_uri(c.uri);
  CHECK(endpoint.host == c.host);
  CHECK(endpoint.port == c.port);
  CHECK(endpoint.user == c.user);
  CHECK(endpoint.socket == c.socket);
  CHECK(endpoint.tls == c.tls);
}

TEST_CASE("a source URI's parameters") {
  const Endpoint endpoint = parse_uri(
      "mariadb://db1/?ssl-ca=%2Fetc%2Fca.pem&defaults-file=/root/my.cnf&defaults-group=godwit"
      "&connect-timeout=3");
  CHECK(endpoint.tls_ca == "/etc/ca.pem");
  CHECK(endpoint.defaults_file == "/root/my.cnf");
  CHECK(endpoint.defaults_group == "godwit");
  CHECK(endpoint.connect_timeout == std::chrono::seconds(3));
}

TEST_CASE("mistakes in a source URI are usage errors") {
  struct Case {
    const char* uri;
    const char* message;
    const char* hint;
  };
  const auto c = GENERATE(values<Case>({
      {"postgresql://db1", "mariadb://", "mariadb://"},
      {"db1:3306", "mariadb://", "mariadb://"},
      {"", "mariadb://", ""},
      {"mariadb://g@db1:0", "'0' is not a port", ""},
      {"mariadb://g@db1:65536", "'65536' is not a port", ""},
      {"mariadb://g@db1:33x", "'33x' is not a port", ""},
      {"mariadb://g@db1:", "'' is not a port", ""},
      {"mariadb://g@[::1", "']'", ""},
      {"mariadb://g@[::1]x", "':'", ""},
      {"mariadb://g@db1/crm", "names a database", "Leave out"},
      {"mariadb://g@db1/?ssl=verify_full", "'verify_full'", "Did you mean 'verify-full'?"},
      {"mariadb://g@db1/?ssl-caa=x", "'ssl-caa'", "Did you mean 'ssl-ca'?"},
      {"mariadb://g@db1/?colour=red", "'colour'", "Known: socket"},
      {"mariadb://g@db1/?ssl", "'ssl' has no value", ""},
      {"mariadb://g@db1/?connect-timeout=0", "connect-timeout", ""},
      {"mariadb://g@db1/?connect-timeout=-1", "connect-timeout", ""},
      {"mariadb://g@db1/?socket=/x.sock", "exclude each other", ""},
      {"mariadb://g@localhost/?ssl-ca=/ca.pem", "ssl-ca without ssl", "verify-full"},
      {"mariadb://g%4@db1", "hexadecimal", "%25"},
      {"mariadb://g%zz@db1", "hexadecimal", ""},
      {"mariadb://g%00@db1", "%00", ""},
  }));
  CAPTURE(c.uri);
  try {
    parse_uri(c.uri);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Catch::Contains(c.message));
    CHECK_THAT(error.hint(), Catch::Contains(c.hint));
  }
}

TEST_CASE("a password in a source URI is refused and not repeated") {
  const auto uri = GENERATE(as<std::string>{}, "mariadb://g:canary@db1", "mariadb://:canary@db1",
                            "mariadb://g@db1/?password=canary");
  try {
    parse_uri(uri);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Catch::Contains("a password in a URI"));
    CHECK_THAT(error.what() + error.hint(), !Catch::Contains("canary"));
    CHECK_THAT(error.hint(), Catch::Contains("GODWIT_SOURCE_PASSWORD"));
  }
}

TEST_CASE("an endpoint describes itself without its password") {
  Endpoint endpoint;
  endpoint.user = "godwit";
  endpoint.password = Secret("canary");
  endpoint.socket = "/run/db.sock";
  CHECK(endpoint.describe() == "godwit@/run/db.sock");
  endpoint.host = "db1";
  CHECK(endpoint.describe() == "godwit@db1:3306");
  endpoint.host = "::1";
  endpoint.user = "";
  CHECK(endpoint.describe() == "[::1]:3306");
}
