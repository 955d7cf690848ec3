#include "connection_parameters.hpp"

#include <cstdlib>
#include <memory>

#include <libpq-fe.h>

#include "godwit/core/error.hpp"
#include "godwit/core/secret.hpp"

namespace godwit::postgres {
namespace {

struct FreeMemory {
  void operator()(char* memory) const { PQfreemem(memory); }
};
struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// Long statements and idle copies are normal for us, whatever the role's defaults are; a
// connection string may still say otherwise.
constexpr std::string_view kTunableSettings =
    "-c lock_timeout=10s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";
// What exactness and safety depend on comes last, so that it wins.
constexpr std::string_view kFixedSettings =
    "-c timezone=UTC -c bytea_output=hex -c datestyle=ISO,YMD "
    "-c intervalstyle=postgres -c extra_float_digits=1 -c standard_conforming_strings=on "
    "-c client_min_messages=warning -c default_transaction_read_only=off";

// libpq quotes pieces of the string in its complaints, among them pieces of a password. Only the
// name of an unknown option is known to be harmless.
std::string safe_complaint(std::string_view complaint) {
  while (!complaint.empty() && complaint.back() == '\n')
    complaint.remove_suffix(1);
  const bool names_an_option = complaint.starts_with("invalid connection option") ||
                               complaint.starts_with("invalid URI query parameter");
  if (names_an_option) return std::string(complaint);
  return "it is neither a valid URI nor a list of keyword=value";
}

// In the startup packet's `options` a blank ends a word and a backslash takes the next character
// as it is.
std::string escape_option(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == ' ' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// A path of one schema has pg_catalog before it, and is where objects are created. In front, no
// tenant's table can take the place of a type (each table is a type, too, and `date` and `text` are
// good names for tables), a function or an operator. Behind it a table would have to be named as
// one of the catalog's own relations (pg_class, pg_stats …) to be out of reach; its first statement
// then fails.
std::string search_path(const SessionOptions& options) {
  return options.schema.empty() ? "pg_catalog" : quote_identifier(options.schema);
}

std::string startup_options(std::string_view of_uri, const SessionOptions& options) {
  std::string text(kTunableSettings);
  if (of_uri.empty()) {
    // Giving `options` ourselves makes libpq ignore PGOPTIONS.
    if (const char* environment = std::getenv("PGOPTIONS")) of_uri = environment;
  }
  if (!of_uri.empty()) text.append(" ").append(of_uri);
  for (const auto& [setting, value] : options.settings) {
    text.append(" -c ").append(setting).append("=").append(escape_option(value));
  }
  text.append(" ").append(kFixedSettings);
  return text.append(" -c search_path=").append(escape_option(search_path(options)));
}

}  // namespace

ConnectionParameters::ConnectionParameters(const std::string& uri, const SessionOptions& options) {
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
      PQconninfoParse(uri.c_str(), &complaint));
  const std::unique_ptr<char, FreeMemory> complaint_owner(complaint);
  if (!parsed) {
    throw Error(ErrorKind::usage,
                "the target's connection string can't be used: " +
                    safe_complaint(complaint == nullptr ? "" : complaint),
                "write it as postgresql://user@host:port/database?sslmode=verify-full");
  }
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) pairs_.emplace_back(option->keyword, option->val);
  }
  if (!options.database.empty()) set("dbname", options.database);
  set_default("fallback_application_name", options.application_name);
  if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) {
    set_default("connect_timeout", std::to_string(options.connect_timeout_s));
  }
  // A peer that vanished must not hold a lane for the kernel's two hours.
  set_default("keepalives_idle", "30");
  set_default("keepalives_interval", "10");
  set_default("keepalives_count", "3");
  set_default("tcp_user_timeout", "60000");
  set("client_encoding", "UTF8");
  set("options", startup_options(value("options"), options));
}

std::string_view ConnectionParameters::value(std::string_view keyword) const {
  for (const auto& [key, value] : pairs_) {
    if (key == keyword) return value;
  }
  return {};
}

void ConnectionParameters::set(std::string_view keyword, std::string value) {
  for (auto& [key, present] : pairs_) {
    if (key == keyword) {
      present = std::move(value);
      return;
    }
  }
  pairs_.emplace_back(keyword, std::move(value));
}

void ConnectionParameters::set_default(std::string_view keyword, std::string value) {
  for (const auto& [key, present] : pairs_) {
    if (key == keyword) return;
  }
  pairs_.emplace_back(keyword, std::move(value));
}

std::vector<const char*> ConnectionParameters::keywords() const {
  std::vector<const char*> keywords;
  for (const auto& pair : pairs_)
    keywords.push_back(pair.first.c_str());
  keywords.push_back(nullptr);
  return keywords;
}

std::vector<const char*> ConnectionParameters::values() const {
  std::vector<const char*> values;
  for (const auto& pair : pairs_)
    values.push_back(pair.second.c_str());
  values.push_back(nullptr);
  return values;
}

std::string ConnectionParameters::conninfo() const {
  std::string text;
  for (const auto& [keyword, value] : pairs_) {
    if (!text.empty()) text += ' ';
    text.append(keyword).append("='");
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += '\'';
  }
  return text;
}

}  // namespace godwit::postgres
