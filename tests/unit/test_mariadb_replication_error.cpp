#include <catch2/catch.hpp>

#include <string>

#include "mariadb/replication_error.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::mariadb::replication_error;

namespace {

constexpr unsigned kFatal = 1236;

struct Case {
  unsigned number;
  const char* text;
  ErrorKind kind;
  bool retryable;
  const char* says;
};

}  // namespace

TEST_CASE("what a server's refusal to send its binlog means") {
  const auto c = GENERATE(values<Case>({
      {kFatal,
       "Could not find GTID state requested by slave in any binlog files. Probably the slave "
       "state is too old and required binlog files have been purged.",
       ErrorKind::position_lost, false, "were removed"},
      {kFatal,
       "Error: connecting slave requested to start from GTID 0-1-99, which is not in the master's "
       "binlog",
       ErrorKind::position_lost, false, "not in the server's binlog"},
      {kFatal,
       "Error: connecting slave requested to start from GTID 0-1-99, which is not in the master's "
       "binlog. Since the master's binlog contains GTIDs with higher sequence numbers, it probably "
       "means that the slave has diverged due to executing extra erroneous transactions",
       ErrorKind::position_lost, false, "not in the server's binlog"},
      {kFatal,
       "The binlog on the master is missing the GTID 0-1-5 requested by the slave (even though a "
       "subsequent sequence number does exist), and GTID strict mode is enabled",
       ErrorKind::position_lost, false, "is missing"},
      {4052, "A slave with the same server_uuid/server_id is already connected", ErrorKind::held,
       false, "server_id 77"},
      {kFatal, "Binary log is not open", ErrorKind::preflight, false, "no binlog"},
      {kFatal,
       "Slave can not handle replication events with the checksum that master is configured to "
       "log",
       ErrorKind::source, true, "binlog_checksum"},
      {kFatal, "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on master",
       ErrorKind::source, false, "too large"},
      {kFatal, "event read from binlog did not pass crc check; the first event", ErrorKind::source,
       false, "damaged"},
      {kFatal, "bogus data in log event", ErrorKind::source, false, "damaged"},
      {2020, "Got packet bigger than 'max_allowed_packet' bytes", ErrorKind::source, false,
       "too large"},
      {1227, "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)",
       ErrorKind::preflight, false, "may not read the binlog"},
      {2013, "Lost connection to server during query", ErrorKind::source, true, "Lost connection"},
      {1053, "Server shutdown in progress", ErrorKind::source, true, "shutdown"},
      {kFatal, "something that is new", ErrorKind::source, false, "something that is new"},
  }));
  CAPTURE(c.text);
  const Error error = replication_error(c.number, c.text, "godwit@db1:3306", 77);
  CHECK(error.kind() == c.kind);
  CHECK(error.retryable() == c.retryable);
  CHECK_THAT(error.what(), Catch::Contains(c.says) && Catch::Contains("godwit@db1:3306") &&
                               Catch::Contains("(" + std::to_string(c.number) + ")"));
  if (error.kind() != ErrorKind::source) CHECK_FALSE(error.hint().empty());
}

TEST_CASE("the server's own words can't drive a terminal") {
  const Error error = replication_error(kFatal, "\x1b[2Jnot in the master's binlog", "db1", 1);
  CHECK(error.kind() == ErrorKind::position_lost);
  CHECK_THAT(error.what(), !Catch::Contains("\x1b"));
}
