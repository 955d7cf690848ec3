// A few tenants of a small row tenancy that follow made-up groups: what each one's queue gets.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "binlog_table.hpp"
#include "godwit/capture/row_router.hpp"
#include "row_model.hpp"

namespace godwit::test {

using Values = std::vector<std::optional<std::uint32_t>>;
inline constexpr std::nullopt_t kNull = std::nullopt;

/// Tables of INT columns alone: see row_database(); users are central, tmp is excluded.
inline RowModel row_followers_model() {
  RowModel model;
  mariadb::Table& companies = model.table("companies");
  companies.columns.pop_back();
  companies.indexes.pop_back();
  const mariadb::Index primary = index("PRIMARY", {"id"});
  model.database.tables.push_back(table("tmp", {int_column("id")}, {primary}));
  model.database.tables.push_back(table("users", {int_column("id")}, {primary}));
  model.tenancy.tables["tmp"].kind = plan::TableClass::excluded;
  model.tenancy.tables["users"].kind = plan::TableClass::central;
  return model;
}

/// The image of a row: the columns whose bits are set in `present`.
inline std::string row_image(const Values& values, unsigned present = ~0U) {
  std::string nulls;
  std::string bytes;
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (((present >> i) & 1U) == 0) continue;
    if (count % 8 == 0) nulls += '\0';
    if (values[i]) {
      bytes += Wire().u32(*values[i]).bytes();
    } else {
      nulls.back() = static_cast<char>(nulls.back() | (1 << (count % 8)));
    }
    ++count;
  }
  return nulls + bytes;
}

class RowFollowers {
 public:
  explicit RowFollowers(RowModel model = row_followers_model(),
                        std::uint64_t index_bytes = 1U << 20U)
      : model_(std::move(model)),
        classification_(plan::classify(model_.tenancy, model_.database)),
        target_(target(plan::tenant_model(model_.tenancy, classification_, model_.database))),
        router(
            delivery, classification_, model_.database, target_,
            [](const std::string&) { return nullptr; }, index_bytes) {}

  /// A tenant whose key in the directory is `key`.
  void follow(const std::string& tenant, std::uint32_t key, std::uint64_t floor = 0) {
    router.add(subscribe(tenant, floor), std::to_string(key));
  }
  void follow_central() { router.add_central(subscribe("central", 0)); }
  [[nodiscard]] const capture::Subscription& tenant(const std::string& name) const {
    return *tenants_.at(name);
  }
  void forget(const std::string& name) { router.remove(tenant(name)); }

  void begin(const std::string& xid = {}) {
    capture::GtidEvent gtid;
    gtid.gtid = {0, 1, ++sequence};
    if (!xid.empty()) gtid.xid = capture::Xid{1, xid, {}};
    router.begin(gtid, {});
  }
  void end(capture::GroupEnd how = capture::GroupEnd::committed) { router.end(how, {}); }

  void insert(const std::string& table, const std::vector<Values>& rows, std::uint16_t flags = 0) {
    give(table, capture::RowsKind::write, rows, flags);
  }
  void remove(const std::string& table, const std::vector<Values>& rows, std::uint16_t flags = 0) {
    give(table, capture::RowsKind::remove, rows, flags);
  }
  /// Before and after in turn.
  void update(const std::string& table, const std::vector<Values>& rows, std::uint16_t flags = 0) {
    give(table, capture::RowsKind::update, rows, flags);
  }
  /// With binlog_row_image other than FULL.
  void update_partly(const std::string& table, const Values& before, unsigned in_before,
                     const Values& after, unsigned in_after) {
    const std::string bits_before(1, static_cast<char>(in_before));
    const std::string bits_after(1, static_cast<char>(in_after));
    const std::string data = row_image(before, in_before) + row_image(after, in_after);
    capture::RowsEvent event;
    event.kind = capture::RowsKind::update;
    event.column_count = before.size();
    event.before = std::as_bytes(std::span(bits_before));
    event.after = std::as_bytes(std::span(bits_after));
    event.data = std::as_bytes(std::span(data));
    router.rows(mapped(table), event);
  }
  /// A statement that opened these tables, those with a '*' without rows, is complete.
  void statement_end(const std::vector<std::string>& tables) {
    std::vector<capture::StatementTable> all;
    for (const std::string& name : tables) {
      const bool bare = name.ends_with('*');
      all.push_back({mapped(bare ? name.substr(0, name.size() - 1) : name), !bare, false});
    }
    router.statement_end(all);
  }
  void statement(capture::StatementKind kind, const std::string& sql) {
    capture::QueryEvent query;
    query.database = "crm";
    query.sql = sql;
    router.statement(kind, query);
  }
  /// One group of one event.
  void committed_insert(const std::string& table, const std::vector<Values>& rows) {
    begin();
    insert(table, rows);
    end();
  }

  /// What came since the last call: "insert lines 1/7/-", "update …", "delete …", "touch …",
  /// "sql: …"; rows of one event with ", " between, changes with "; ", transactions with " | ".
  std::string received(const std::string& tenant) {
    capture::TenantQueue& queue = tenants_.at(tenant)->queue();
    std::string text;
    std::uint64_t count = 0;
    {
      capture::TenantQueue::Reader reader(queue);
      while (reader.next_transaction() != nullptr) {
        if (count++ > 0) text += " | ";
        std::string changes;
        while (const capture::Change* change = reader.next_change())
          changes += (changes.empty() ? "" : "; ") + shown(*change);
        text += changes;
      }
    }
    if (count > 0) queue.release(count);
    return text;
  }

  std::shared_ptr<const capture::MappedTable> mapped(const std::string& name) {
    std::shared_ptr<const capture::MappedTable>& table = mapped_[name];
    if (!table) table = make_mapped(name, model_.table(name).columns.size());
    return table;
  }
  static std::shared_ptr<const capture::MappedTable> make_mapped(const std::string& name,
                                                                 std::size_t columns) {
    auto table = std::make_shared<capture::MappedTable>();
    table->database = "crm";
    table->name = name;
    table->columns = column_map(std::vector<MadeColumn>(columns, {3, ""}));
    return table;
  }

 private:
  capture::SubscriptionPtr subscribe(const std::string& tenant, std::uint64_t floor) {
    GtidList position;
    if (floor > 0) position.advance({0, 1, floor});
    auto subscription = std::make_shared<capture::Subscription>(tenant, position, memory_,
                                                                std::size_t{1} << 20U, spill_);
    tenants_[tenant] = subscription;
    return subscription;
  }

  void give(const std::string& table, capture::RowsKind kind, const std::vector<Values>& rows,
            std::uint16_t flags) {
    const std::string bits(1, static_cast<char>((1U << rows.front().size()) - 1));
    std::string data;
    for (const Values& row : rows)
      data += row_image(row);
    capture::RowsEvent event;
    event.kind = kind;
    event.flags = flags;
    event.column_count = rows.front().size();
    if (kind != capture::RowsKind::write) event.before = std::as_bytes(std::span(bits));
    if (kind != capture::RowsKind::remove) event.after = std::as_bytes(std::span(bits));
    const std::string part = compressed ? compressed_part(data) : data;
    event.data = std::as_bytes(std::span(part));
    event.compressed = compressed;
    router.rows(mapped(table), event);
  }

  static std::string shown(const capture::RowImage& image) {
    std::string text;
    for (const mariadb::RawValue& value : image.values) {
      std::uint32_t number = 0;
      if (!value.is_null()) std::memcpy(&number, value.data, sizeof number);
      text += (text.empty() ? "" : "/") + (value.is_null() ? "-" : std::to_string(number));
    }
    return text;
  }

  static std::string shown(const capture::Change& change) {
    using enum capture::ChangeKind;
    if (change.kind == touched) return "touch " + change.table->name;
    if (change.kind == statement) return "sql: " + std::string(change.statement.sql);
    static constexpr const char* kNames[] = {"insert ", "update ", "delete "};
    std::string text = kNames[static_cast<int>(change.rows.kind)] + change.table->name + " ";
    capture::RowReader reader;
    reader.open(change.rows, change.table->columns);
    for (const char* separator = ""; reader.next(); separator = ", ") {
      text += separator + shown(reader.before());
      if (change.rows.kind == capture::RowsKind::update) text += ">";
      text += shown(reader.after());
    }
    return text;
  }

  RowModel model_;
  plan::Classification classification_;
  schema::TargetSchema target_;
  capture::QueueMemory memory_{std::size_t{1} << 24U};
  capture::SpillFile spill_{"/tmp", 1U << 20U};
  std::map<std::string, capture::SubscriptionPtr> tenants_;
  std::map<std::string, std::shared_ptr<const capture::MappedTable>> mapped_;

 public:
  std::uint64_t sequence = 0;  // of the last group
  bool compressed = false;     // events, as with log_bin_compress
  capture::Delivery delivery;
  capture::RowRouter router;
};

}  // namespace godwit::test
