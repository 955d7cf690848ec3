// MariaDB global transaction ids. A position is one GTID per replication domain; positions
// are only partially ordered: two of them may each hold a transaction the other lacks.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit {

struct Gtid {
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint64_t sequence = 0;
  bool operator==(const Gtid&) const = default;
};

std::string to_string(const Gtid& gtid);

class GtidList {
 public:
  GtidList() = default;
  /// Parses "0-1-42,1-3-7" (the text of @@gtid_binlog_pos); empty text is the empty list.
  /// Throws Error(source) on anything else, also when a domain stands twice.
  static GtidList parse(std::string_view text);

  /// True if every transaction of `other` is in this position.
  [[nodiscard]] bool covers(const GtidList& other) const;
  [[nodiscard]] std::partial_ordering compare(const GtidList& other) const;
  /// Replaces the domain's entry; sequences within a domain only grow, a smaller one throws.
  void advance(const Gtid& gtid);

  [[nodiscard]] const std::vector<Gtid>& entries() const { return entries_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::string to_string() const;

  bool operator==(const GtidList&) const = default;

 private:
  std::vector<Gtid> entries_;  // sorted by domain
};

}  // namespace godwit
