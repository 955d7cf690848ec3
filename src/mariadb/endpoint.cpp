#include "godwit/mariadb/endpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

constexpr std::array<std::string_view, 6> kParameters = {
    "socket", "ssl", "ssl-ca", "defaults-file", "defaults-group", "connect-timeout"};
constexpr std::array<std::string_view, 4> kTlsModes = {"off", "required", "verify-ca",
                                                       "verify-full"};
constexpr unsigned kConnectTimeoutMaxSeconds = 3600;

[[noreturn]] void refuse(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorKind::usage, "source URI: " + message, hint);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> choices) {
  const std::string_view closest = nearest(word, choices);
  if (!closest.empty()) return "Did you mean '" + std::string(closest) + "'?";
  std::string list = "Known:";
  for (const std::string_view choice : choices)
    list += " " + std::string(choice);
  return list + ".";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) refuse("'%' without two hexadecimal digits", "Write %25 for '%'.");
    const char decoded = static_cast<char>(high * 16 + low);
    if (decoded == '\0') refuse("%00 is not allowed");
    result += decoded;
    i += 2;
  }
  return result;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

bool is_local(const std::string& host) {
  return host.empty() || host == "localhost" || host == "::1" || host.substr(0, 4) == "127.";
}

TlsMode parse_tls_mode(const std::string& value) {
  for (std::size_t i = 0; i < kTlsModes.size(); ++i) {
    if (value == kTlsModes[i]) return static_cast<TlsMode>(i);
  }
  refuse("unknown value '" + printable(value) + "' of ssl", did_you_mean(value, kTlsModes));
}

/// What the URI said, before defaults are filled in.
struct Parsed {
  Endpoint endpoint;
  std::optional<TlsMode> tls;
  bool port_given = false;
};

[[noreturn]] void refuse_password() {
  refuse("a password in a URI would show up in process lists and plan files",
         "Put it into an option file (defaults-file=…), a password_file or "
         "GODWIT_SOURCE_PASSWORD.");
}

void read_user(std::string_view text, Parsed& parsed) {
  if (text.find(':') != std::string_view::npos) refuse_password();
  parsed.endpoint.user = percent_decoded(text);
}

/// host, host:port, [IPv6] or [IPv6]:port
void read_host(std::string_view text, Parsed& parsed) {
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) refuse("'[' without ']' in the host");
    const std::string_view rest = text.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') refuse("expected ':' after ']'");
    if (!rest.empty()) port = rest.substr(1);
    parsed.port_given = !rest.empty();
    parsed.endpoint.host = text.substr(1, bracket - 1);
  } else {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    parsed.port_given = colon != std::string_view::npos;
    parsed.endpoint.host = percent_decoded(text.substr(0, colon));
  }
  if (!parsed.port_given) return;
  const auto number = parse_number(port, 1, 65535);
  if (!number) refuse("'" + printable(port) + "' is not a port");
  parsed.endpoint.port = static_cast<std::uint16_t>(*number);
}

void read_parameter(std::string_view name, const std::string& value, Parsed& parsed) {
  Endpoint& endpoint = parsed.endpoint;
  if (name == "socket") {
    endpoint.socket = value;
  } else if (name == "ssl") {
    parsed.tls = parse_tls_mode(value);
  } else if (name == "ssl-ca") {
    endpoint.tls_ca = value;
  } else if (name == "defaults-file") {
    endpoint.defaults_file = value;
  } else if (name == "defaults-group") {
    endpoint.defaults_group = value;
  } else if (name == "connect-timeout") {
    const auto seconds = parse_number(value, 1, kConnectTimeoutMaxSeconds);
    if (!seconds) refuse("connect-timeout is a number of seconds from 1 to 3600");
    endpoint.connect_timeout = std::chrono::seconds(*seconds);
  } else if (name == "password") {
    refuse_password();
  } else {
    refuse("unknown parameter '" + printable(name) + "'", did_you_mean(name, kParameters));
  }
}

void read_parameters(std::string_view text, Parsed& parsed) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      refuse("parameter '" + printable(pair) + "' has no value");
    }
    read_parameter(pair.substr(0, equals), percent_decoded(pair.substr(equals + 1)), parsed);
  }
}

Endpoint with_defaults(Parsed parsed) {
  Endpoint& endpoint = parsed.endpoint;
  if (!endpoint.socket.empty() && !is_local(endpoint.host)) {
    refuse("socket=… and the host '" + printable(endpoint.host) + "' exclude each other");
  }
  endpoint.tls = parsed.tls.value_or(is_local(endpoint.host) ? TlsMode::off : TlsMode::verify_full);
  if (endpoint.tls == TlsMode::off && !endpoint.tls_ca.empty()) {
    refuse("ssl-ca without ssl", "Add ssl=verify-full (or verify-ca).");
  }
  // As every MariaDB client has it: localhost means the socket, unless a port asks for TCP.
  if (endpoint.host == "localhost" && (!parsed.port_given || !endpoint.socket.empty())) {
    endpoint.host.clear();
  }
  return std::move(endpoint);
}

}  // namespace

std::string Endpoint::describe() const {
  std::string place = host + ":" + std::to_string(port);
  if (host.find(':') != std::string::npos) place = "[" + host + "]:" + std::to_string(port);
  if (host.empty()) place = socket.empty() ? "localhost" : socket;
  return printable(user.empty() ? place : user + "@" + place);
}

Endpoint parse_uri(std::string_view uri) {
  const std::size_t colon = uri.find("://");
  const std::string_view scheme = uri.substr(0, colon == std::string_view::npos ? 0 : colon);
  if (scheme != "mariadb" && scheme != "mysql") {
    refuse("it does not start with mariadb://", "e.g. mariadb://godwit@db1.internal:3306/");
  }
  std::string_view rest = uri.substr(colon + 3);
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    if (slash + 1 != rest.size()) {
      refuse("it names a database, but a source is a whole server",
             "Leave out what follows the host's '/'.");
    }
    rest = rest.substr(0, slash);
  }
  Parsed parsed;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    read_user(rest.substr(0, at), parsed);
    rest = rest.substr(at + 1);
  }
  read_host(rest, parsed);
  read_parameters(query, parsed);
  return with_defaults(std::move(parsed));
}

}  // namespace godwit::mariadb
