#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <optional>

#include "godwit/core/error.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::mariadb::Connection;
using godwit::mariadb::Endpoint;
using godwit::mariadb::TlsMode;
using godwit::test::PrivateServers;
using godwit::test::run_process;
using godwit::test::servers;
using godwit::test::TemporaryFolder;

namespace {

void run(const std::vector<std::string>& argv) {
  const auto result = run_process(argv);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
}

/// Two authorities and a server's certificate for `host` from the first.
struct Certificates {
  TemporaryFolder folder;

  explicit Certificates(const std::string& host) {
    for (const char* name : {"ca", "stranger"}) {
      run({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
           "-subj", "/CN=" + std::string(name), "-keyout", path(name) + ".key", "-out",
           path(name)});
    }
    run({"/usr/bin/openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + host,
         "-keyout", path("server.key"), "-out", path("server.req")});
    run({"/usr/bin/openssl", "x509", "-req", "-days", "2", "-in", path("server.req"), "-CA",
         path("ca"), "-CAkey", path("ca.key"), "-set_serial", "1", "-out", path("server")});
    // The server runs as another user.
    ::chmod(folder.path().c_str(), 0755);
    ::chmod(path("server.key").c_str(), 0644);
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return folder.path() + "/" + name;
  }
};

/// A server of its own that offers TLS on its socket.
class TlsServer {
 public:
  explicit TlsServer(const std::string& host)
      : certificates_(host),
        servers_("--ssl-cert=" + certificates_.path("server") +
                 " --ssl-key=" + certificates_.path("server.key")) {}

  [[nodiscard]] Endpoint endpoint(TlsMode mode, const std::string& ca) const {
    Endpoint endpoint = servers_.get().source;
    endpoint.tls = mode;
    if (!ca.empty()) endpoint.tls_ca = certificates_.path(ca);
    return endpoint;
  }

 private:
  Certificates certificates_;
  PrivateServers servers_;
};

/// The cipher of the session; empty: not encrypted; nullopt: refused.
std::optional<std::string> connect(const Endpoint& endpoint) {
  try {
    Connection connection(endpoint);
    return connection.query("SHOW STATUS LIKE 'Ssl_cipher'").at(0).at(1);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::source);
    CHECK_FALSE(error.retryable());
    CHECK_THAT(error.what(), Catch::Contains("TLS") || Catch::Contains("SSL"));
    CHECK_THAT(error.hint(), Catch::Contains("ssl mode"));
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("a server without TLS is refused when TLS is asked for", "[mariadb_tls]") {
  Endpoint endpoint = servers().source;
  endpoint.tls = GENERATE(TlsMode::required, TlsMode::verify_ca, TlsMode::verify_full);
  CHECK(connect(endpoint) == std::nullopt);
}

TEST_CASE("a server's certificate is verified as far as asked", "[mariadb_tls]") {
  const TlsServer right("localhost");
  CHECK(connect(right.endpoint(TlsMode::off, "")) == "");
  CHECK_FALSE(connect(right.endpoint(TlsMode::required, "")).value_or("").empty());
  CHECK_FALSE(connect(right.endpoint(TlsMode::verify_ca, "ca")).value_or("").empty());
  CHECK_FALSE(connect(right.endpoint(TlsMode::verify_full, "ca")).value_or("").empty());
  // Signed by somebody else than the authority that is trusted.
  CHECK(connect(right.endpoint(TlsMode::verify_ca, "stranger")) == std::nullopt);
  CHECK(connect(right.endpoint(TlsMode::verify_full, "stranger")) == std::nullopt);
  // The system's authorities don't know it.
  CHECK(connect(right.endpoint(TlsMode::verify_ca, "")) == std::nullopt);
  CHECK(connect(right.endpoint(TlsMode::verify_full, "")) == std::nullopt);

  const TlsServer other_host("db.example");
  CHECK_FALSE(connect(other_host.endpoint(TlsMode::verify_ca, "ca")).value_or("").empty());
  CHECK(connect(other_host.endpoint(TlsMode::verify_full, "ca")) == std::nullopt);
}

TEST_CASE("a connection under TLS that is lost may be tried again", "[mariadb_tls]") {
  const TlsServer server("localhost");
  Connection connection(server.endpoint(TlsMode::verify_full, "ca"));
  Connection other(server.endpoint(TlsMode::off, ""));
  other.execute("KILL " + std::to_string(connection.thread_id()));
  try {
    (void)connection.query("SELECT 1");
    FAIL("the session was killed");
  } catch (const Error& error) {
    CAPTURE(error.what());
    CHECK(error.kind() == ErrorKind::source);
    CHECK(error.retryable());
    CHECK(error.hint().empty());
  }
}
