#include "multiset_comparison.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "cursors.hpp"
#include "display.hpp"
#include "hash_spool.hpp"
#include "row_hash.hpp"

namespace godwit::verify {

namespace {

// Rows whose counts are held at once; a group of buckets with more goes on its own.
constexpr std::uint64_t kGroupRowsMax = 262'144;

struct Counts {
  std::uint64_t source = 0;
  std::uint64_t target = 0;

  /// Rows without a partner on the other side.
  [[nodiscard]] std::uint64_t surplus() const {
    return source > target ? source - target : target - source;
  }
};

struct ListedRow {
  Counts counts;
  std::string text;
};

struct HashOfHash {
  std::size_t operator()(const RowHash& hash) const noexcept { return hash.low; }
};
template <class Value>
using ByRow = std::unordered_map<RowHash, Value, HashOfHash>;

class MultisetComparison {
 public:
  MultisetComparison(mariadb::Connection& source, postgres::Session& target, const TablePlan& plan,
                     TableReport& report, Watch& watch)
      : source_(source),
        target_(target),
        plan_(plan),
        report_(report),
        watch_(watch),
        hasher_(random_seed()) {}

  void run() {
    report_.result.by_key = false;
    sum_up();
    if (!any_bucket_differs()) return;
    HashSpool spool;
    spool_differing_buckets(spool);
    count_by_groups(spool);
    if (listed_.empty()) return;
    find_listed_rows();
    report_listed();
  }

 private:
  /// Goes through all rows, a row of each side in turn so that both servers work at a time.
  template <class Visit>
  void read_both(Visit visit) {
    SourceCursor source(source_, plan_, false);
    TargetCursor target(target_, plan_, false);
    bool source_more = true;
    bool target_more = true;
    while (source_more || target_more) {
      source_more = source_more && source.next();
      if (source_more) visit(hasher_.hash(source.row(), Side::source), source.row());
      target_more = target_more && target.next();
      if (target_more) visit(hasher_.hash(target.row(), Side::target), target.row());
    }
    report_.result.source_rows = source.rows();
    report_.result.target_rows = target.rows();
    report_.result.bytes = source.bytes();
  }

  void sum_up() {
    read_both([&](const RowHash& hash, std::span<const Cell>) {
      hash.side() == Side::source ? watch_.source_row() : watch_.any_row();
      sums_.add(hash);
    });
  }

  [[nodiscard]] bool any_bucket_differs() const {
    for (std::size_t bucket = 0; bucket < BucketSums::kBuckets; ++bucket) {
      if (sums_.differs(bucket)) return true;
    }
    return false;
  }

  void spool_differing_buckets(HashSpool& spool) {
    read_both([&](const RowHash& hash, std::span<const Cell>) {
      watch_.any_row();
      if (sums_.differs(hash)) spool.put(hash);
    });
  }

  /// Goes through the spool once for each group of buckets that memory can hold.
  void count_by_groups(HashSpool& spool) {
    std::size_t first = 0;
    std::uint64_t rows = 0;
    for (std::size_t bucket = 0; bucket < BucketSums::kBuckets; ++bucket) {
      const std::uint64_t more = sums_.differs(bucket) ? sums_.rows(bucket) : 0;
      if (rows > 0 && rows + more > kGroupRowsMax) {
        count_group(spool, first, bucket);
        first = bucket;
        rows = 0;
      }
      rows += more;
    }
    count_group(spool, first, BucketSums::kBuckets);
  }

  /// Buckets from `first` to before `end`.
  void count_group(HashSpool& spool, std::size_t first, std::size_t end) {
    ByRow<Counts> counts;
    spool.rewind();
    for (RowHash hash; spool.next(hash);) {
      watch_.any_row();
      const std::size_t bucket = BucketSums::bucket_of(hash);
      if (bucket < first || bucket >= end) continue;
      Counts& row = counts[hash.value()];
      ++(hash.side() == Side::source ? row.source : row.target);
    }
    for (const auto& [hash, row] : counts) {
      if (row.surplus() == 0) continue;
      report_.result.differing_rows += row.surplus();
      if (listed_.size() < report_.differences_max) listed_.emplace(hash, ListedRow{row, {}});
    }
  }

  void find_listed_rows() {
    read_both([&](const RowHash& hash, std::span<const Cell> row) {
      watch_.any_row();
      const auto found = listed_.find(hash.value());
      if (found == listed_.end() || !found->second.text.empty()) return;
      found->second.text = display_row(plan_, row);
    });
  }

  void report_listed() {
    for (auto& [hash, row] : listed_) {
      report_.add({{},
                   DifferenceKind::count,
                   std::move(row.text),
                   {},
                   times(row.counts.source),
                   times(row.counts.target)});
    }
    std::sort(report_.differences.begin(), report_.differences.end(),
              [](const Difference& a, const Difference& b) { return a.key < b.key; });
  }

  static std::string times(std::uint64_t count) {
    return count == 1 ? "1 time" : std::to_string(count) + " times";
  }

  mariadb::Connection& source_;
  postgres::Session& target_;
  const TablePlan& plan_;
  TableReport& report_;
  Watch& watch_;
  RowHasher hasher_;
  BucketSums sums_;
  ByRow<ListedRow> listed_;  // at most TableReport::differences_max
};

}  // namespace

void compare_as_multiset(mariadb::Connection& source, postgres::Session& target,
                         const TablePlan& plan, TableReport& report, Watch& watch) {
  MultisetComparison(source, target, plan, report, watch).run();
}

}  // namespace godwit::verify
