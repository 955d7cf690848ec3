// The source's session as a comparison needs it: text as the columns' own bytes.
#pragma once

#include <optional>
#include <string>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::verify {

/// The connection's text form is as before when it goes.
class SourceSession {
 public:
  explicit SourceSession(mariadb::Connection& source) : source_(source) {
    const mariadb::Rows rows = source.query("SELECT @@character_set_results, @@time_zone");
    before_ = rows.at(0).at(0);
    if (rows.at(0).at(1) != "+00:00") {
      throw Error(ErrorKind::internal, "the source session's time zone is not +00:00");
    }
    source_.execute("SET character_set_results = NULL");
  }
  ~SourceSession() {
    if (!before_) return;
    try {
      source_.execute("SET character_set_results = " + *before_);
    } catch (const Error&) {  // the connection is gone, and the session with it
    }
  }
  SourceSession(const SourceSession&) = delete;
  SourceSession& operator=(const SourceSession&) = delete;

 private:
  mariadb::Connection& source_;
  std::optional<std::string> before_;
};

}  // namespace godwit::verify
