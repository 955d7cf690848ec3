// Where a MariaDB server is and how to log in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "godwit/core/secret.hpp"

namespace godwit::mariadb {

enum class TlsMode { off, required, verify_ca, verify_full };

struct Endpoint {
  std::string host;  // empty: the socket
  std::uint16_t port = 3306;
  std::string socket;  // path of a UNIX socket
  std::string user;
  Secret password;
  TlsMode tls = TlsMode::off;
  std::string tls_ca;         // PEM file
  std::string defaults_file;  // option file for credentials, may be empty
  std::string defaults_group;
  std::chrono::seconds connect_timeout{10};
  /// How long a read or write may take before the connection counts as dead.
  std::chrono::seconds io_timeout{600};

  /// For messages: "user@host:port" or "user@socket"; never the password.
  [[nodiscard]] std::string describe() const;
};

/// Parses mariadb://user@host:port/?socket=/path&ssl=verify-full&ssl-ca=FILE&defaults-file=F
/// &defaults-group=G&connect-timeout=SECONDS (mysql:// too). Percent-encoding is decoded. A
/// password in the URI, an unknown parameter or a host without a chosen `ssl` that is not local
/// (then verify-full is set) are treated as follows: password → Error(usage), unknown → Error
/// (usage) naming the nearest one.
Endpoint parse_uri(std::string_view uri);

}  // namespace godwit::mariadb
