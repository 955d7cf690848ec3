// A libpq connection string with what a session of ours adds to it, as keywords and values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "godwit/postgres/session.hpp"

namespace godwit::postgres {

class ConnectionParameters {
 public:
  /// Throws Error(usage) for a connection string that libpq can't parse; the message never holds
  /// its password.
  ConnectionParameters(const std::string& uri, const SessionOptions& options);

  /// Empty when the string doesn't say (libpq then takes the environment's or its default).
  [[nodiscard]] std::string_view value(std::string_view keyword) const;

  /// Both for PQconnectdbParams, ended by a null pointer; valid while this object is.
  [[nodiscard]] std::vector<const char*> keywords() const;
  [[nodiscard]] std::vector<const char*> values() const;
  /// keyword='value' …, for libpqxx. Holds the password when the string did.
  [[nodiscard]] std::string conninfo() const;

 private:
  void set(std::string_view keyword, std::string value);
  void set_default(std::string_view keyword, std::string value);

  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace godwit::postgres
