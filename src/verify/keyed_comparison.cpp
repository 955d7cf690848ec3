#include "keyed_comparison.hpp"

#include <string>
#include <vector>

#include "display.hpp"

namespace godwit::verify {

namespace {

/// The key of the row before, to see that the order holds: it makes the merge right whatever the
/// server's collations do, and costs a comparison of a few bytes.
class KeyOrder {
 public:
  explicit KeyOrder(const std::vector<std::size_t>& key) : key_(key), before_(key.size()) {}

  /// Whether the row stands behind (or beside) the one before it.
  bool follows(std::span<const Cell> row) {
    bool ascending = true;
    for (std::size_t part = 0; !first_ && part < key_.size(); ++part) {
      const int result = order(before_[part].cell, row[key_[part]]);
      if (result == 0) continue;
      ascending = result < 0;
      break;
    }
    first_ = false;
    for (std::size_t part = 0; part < key_.size(); ++part)
      before_[part].keep(row[key_[part]]);
    return ascending;
  }

 private:
  struct Part {
    std::vector<std::byte> bytes;
    Cell cell;
    void keep(const Cell& from) {
      bytes.assign(from.data, from.data + from.size);
      cell = from;
      cell.data = bytes.data();
    }
  };

  const std::vector<std::size_t>& key_;
  std::vector<Part> before_;
  bool first_ = true;
};

class Merge {
 public:
  Merge(SourceCursor& source, TargetCursor& target, const TablePlan& plan, TableReport& report,
        Watch& watch)
      : source_(source),
        target_(target),
        plan_(plan),
        report_(report),
        watch_(watch),
        source_order_(plan.key),
        target_order_(plan.key) {}

  bool run() {
    next_source();
    next_target();
    while (source_more_ || target_more_) {
      const int side = compare_keys();
      if (side == 0) {
        compare_rows();
        next_source();
        next_target();
      } else if (side < 0) {
        missing(DifferenceKind::missing_on_target, source_.row());
        next_source();
      } else {
        missing(DifferenceKind::missing_on_source, target_.row());
        next_target();
      }
    }
    return ordered_;
  }

 private:
  void next_source() {
    source_more_ = source_.next();
    if (!source_more_) return;
    watch_.source_row();
    ordered_ = ordered_ && source_order_.follows(source_.row());
  }

  void next_target() {
    target_more_ = target_.next();
    if (!target_more_) return;
    watch_.any_row();
    ordered_ = ordered_ && target_order_.follows(target_.row());
  }

  /// < 0: the source's row comes first, > 0: the target's.
  int compare_keys() const {
    if (!source_more_ || !target_more_) return source_more_ ? -1 : 1;
    for (const std::size_t part : plan_.key) {
      const int result = order(source_.row()[part], target_.row()[part]);
      if (result != 0) return result;
    }
    return 0;
  }

  void compare_rows() {
    const std::span<const Cell> source = source_.row();
    const std::span<const Cell> target = target_.row();
    bool equal = true;
    for (std::size_t index = 0; index < source.size(); ++index) {
      if (same(source[index], target[index])) [[likely]]
        continue;
      equal = false;
      if (report_.full()) break;
      auto [source_value, target_value] =
          display_pair(plan_.columns[index], source[index], target[index]);
      report_.add({{},
                   DifferenceKind::value,
                   display_key(plan_, source),
                   plan_.columns[index].name,
                   std::move(source_value),
                   std::move(target_value)});
    }
    if (!equal) ++report_.result.differing_rows;
  }

  void missing(DifferenceKind kind, std::span<const Cell> row) {
    ++report_.result.differing_rows;
    if (report_.full()) return;
    Difference difference{{}, kind, display_key(plan_, row), {}, {}, {}};
    const bool on_source = kind == DifferenceKind::missing_on_target;
    (on_source ? difference.source_value : difference.target_value) = display_row(plan_, row);
    report_.add(std::move(difference));
  }

  SourceCursor& source_;
  TargetCursor& target_;
  const TablePlan& plan_;
  TableReport& report_;
  Watch& watch_;
  KeyOrder source_order_;
  KeyOrder target_order_;
  bool source_more_ = false;
  bool target_more_ = false;
  bool ordered_ = true;
};

}  // namespace

bool compare_by_key(SourceCursor& source, TargetCursor& target, const TablePlan& plan,
                    TableReport& report, Watch& watch) {
  if (!Merge(source, target, plan, report, watch).run()) {
    // The streams were read to their ends all the same: breaking off would cost the snapshot.
    watch.compare_again(source.rows());
    report = TableReport(report.result.table, report.differences_max);
    return false;
  }
  report.result.source_rows = source.rows();
  report.result.target_rows = target.rows();
  report.result.bytes = source.bytes();
  return true;
}

}  // namespace godwit::verify
