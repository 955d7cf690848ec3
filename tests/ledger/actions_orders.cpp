#include <string>

#include "actions.hpp"
#include "values.hpp"

namespace godwit::ledger {
namespace {

// Beyond these the oldest rows go, so that a long run stays as small as a short one.
constexpr std::uint64_t kOrdersMax = 150;
constexpr std::uint64_t kAccountsMax = 60;
constexpr std::uint64_t kRegionsMax = 8;
constexpr std::uint64_t kShelvesMax = 10;
constexpr std::uint64_t kNodesMax = 80;

std::string account_code(Random& random) { return "'a" + random.number(1, 999'999'999'999) + "'"; }

std::string currency(Random& random) {
  return random.one_of(std::vector<std::string>{"'EUR'", "'USD'", "'JPY'", "'BHD'"});
}

std::string or_null(const std::optional<std::string>& value) { return value.value_or("NULL"); }

/// Of the row that was just inserted.
std::string last_id(const Hand& hand) {
  return hand.session().scalar("SELECT LAST_INSERT_ID()").value_or("0");
}

Values order_values(Hand& hand, const std::string& account) {
  Random& random = hand.random();
  return {account, random.number(1, 4), decimal(random, 14, 2),
          random.chance(20) ? "NULL" : "NOW(3)", random.chance(30) ? "NULL" : text(random, 200)};
}

constexpr std::string_view kOrderColumns = "account_id, status, total, placed_at, note";
constexpr std::string_view kAccountColumns =
    "code, region_id, parent_id, currency, balance, opened_at";

Values account_values(Hand& hand, bool with_parents) {
  Random& random = hand.random();
  return {account_code(random),
          with_parents && random.chance(80) ? or_null(hand.pick("regions")) : "NULL",
          with_parents && random.chance(50) ? or_null(hand.pick("accounts")) : "NULL",
          currency(random),
          decimal(random, 14, 4),
          "NOW(6)"};
}

/// Runs `body` with the session's checks off, and on again whatever happens.
template <typename Body>
void unchecked(Hand& hand, const Body& body) {
  hand.run("SET foreign_key_checks = 0");
  try {
    hand.run("START TRANSACTION");
    body();
    hand.run("COMMIT");
  } catch (const Refused&) {
    hand.run("ROLLBACK");
    hand.run("SET foreign_key_checks = 1");
    throw;
  }
  hand.run("SET foreign_key_checks = 1");
}

}  // namespace

void open_account(Hand& hand) {
  if (hand.count("accounts") > kAccountsMax) {
    hand.run("DELETE FROM " + hand.own("accounts") + " ORDER BY id LIMIT 5");
  }
  hand.insert("accounts", kAccountColumns, {account_values(hand, true)});
}

void place_order(Hand& hand) {
  Random& random = hand.random();
  const auto account = hand.pick("accounts");
  if (!account) return open_account(hand);
  if (hand.count("orders") > kOrdersMax) {
    hand.run("DELETE FROM " + hand.own("orders") + " ORDER BY id LIMIT 20");
  }
  hand.insert("orders", kOrderColumns, {order_values(hand, *account)});
  const std::string order = last_id(hand);
  std::vector<Values> lines;
  for (std::uint64_t i = 1 + random.below(8); i > 0; --i) {
    lines.push_back({order, std::to_string(i), text(random, 60), random.number(0, 65535),
                     decimal(random, 12, 4)});
  }
  hand.insert("order_lines", "order_id, position, item, quantity, price", lines);
  if (random.chance(50)) {
    hand.run("INSERT INTO " + hand.table("line_notes") + " (line_id, body) SELECT id, " +
             text(random, 100) + " FROM " + hand.table("order_lines") +
             " WHERE order_id = " + order);
  }
  hand.run("UPDATE " + hand.table("accounts") + " SET balance = balance - " +
           random.number(0, 1000) + ".25 WHERE id = " + *account);
}

void change_order(Hand& hand) {
  Random& random = hand.random();
  const auto order = hand.pick("orders");
  if (!order) return;
  hand.run("UPDATE " + hand.table("orders") + " SET status = " + random.number(1, 4) +
           ", note = " + text(random, 150) + " WHERE id = " + *order);
  hand.run("UPDATE " + hand.table("order_lines") +
           " SET quantity = (quantity + 1) % 65536, price = -price WHERE order_id = " + *order);
  if (random.chance(30)) {
    hand.run("DELETE FROM " + hand.table("order_lines") + " WHERE order_id = " + *order +
             " ORDER BY position DESC LIMIT 1");
  }
}

void swap_lines(Hand& hand) {
  const auto order = hand.pick("orders");
  if (!order) return;
  const std::string lines = hand.table("order_lines");
  const std::string of_order = " WHERE order_id = " + *order;
  if (hand.random().chance(50)) {
    // each step is legal only in this order
    hand.run("UPDATE " + lines + " SET position = position + 1" + of_order +
             " ORDER BY position DESC");
    return;
  }
  hand.run("UPDATE " + lines + " SET position = -1" + of_order + " ORDER BY position LIMIT 1");
  hand.run("UPDATE " + lines + " SET position = position + 100" + of_order +
           " AND position > 0 ORDER BY position DESC LIMIT 1");
  hand.run("UPDATE " + lines + " SET position = 99" + of_order + " AND position = -1");
}

void delete_order(Hand& hand) {
  if (const auto order = hand.pick("orders")) {
    hand.run("DELETE FROM " + hand.table("orders") + " WHERE id = " + *order);
  }
}

void close_account(Hand& hand) {
  if (hand.count("accounts") < kAccountsMax / 4) return open_account(hand);
  if (const auto account = hand.pick("accounts")) {
    hand.run("DELETE FROM " + hand.table("accounts") + " WHERE id = " + *account);
  }
}

void change_region(Hand& hand) {
  Random& random = hand.random();
  const auto region = hand.pick("regions");
  if (!region || (hand.count("regions") < kRegionsMax && random.chance(50))) {
    hand.insert("regions", "id, name", {{hand.key(1), text(random, 60)}}, "INSERT IGNORE");
    return;
  }
  const std::string chosen = hand.table("regions") + " WHERE id = " + *region;
  if (random.chance(40)) return hand.run("DELETE FROM " + chosen);
  hand.run("UPDATE " + hand.table("regions") + " SET id = " + hand.key(1) +
           ", name = " + text(random, 60) + " WHERE id = " + *region);
}

void move_shelf(Hand& hand) {
  Random& random = hand.random();
  const auto shelf = hand.pick("shelves", "code");
  if (!shelf || (hand.count("shelves") < kShelvesMax && random.chance(50))) {
    const std::string code = hand.key(1);
    hand.insert("shelves", "code, place", {{code, text(random, 40)}});
    hand.insert("bins", "code, depth", {{code, random.number(0, 99) + ".5"}});
    hand.insert("items", "bin_code, name", {{code, text(random, 80)}, {"NULL", "'loose'"}});
    return;
  }
  if (random.chance(30)) {
    hand.run("DELETE FROM " + hand.table("shelves") + " WHERE code = " + *shelf);
    hand.run("DELETE FROM " + hand.own("items") + " AND bin_code IS NULL ORDER BY id LIMIT 3");
    return;
  }
  hand.run("UPDATE " + hand.table("shelves") + " SET code = " + hand.key(1) +
           " WHERE code = " + *shelf);
}

void change_nodes(Hand& hand) {
  Random& random = hand.random();
  const auto node = hand.pick("nodes");
  if (!node || (hand.count("nodes") < kNodesMax && random.chance(60))) {
    const std::string parent = random.chance(90) ? or_null(node) : "NULL";
    return hand.insert("nodes", "parent_id, label", {{parent, text(random, 60)}});
  }
  if (random.chance(50)) {
    hand.run("DELETE FROM " + hand.table("nodes") + " WHERE id = " + *node);
    return;
  }
  // under an older one only, so that no circle is made
  const auto parent = hand.pick("nodes");
  if (!parent || std::stoull(*parent) >= std::stoull(*node)) return;
  hand.run("UPDATE " + hand.table("nodes") + " SET parent_id = " + *parent +
           " WHERE id = " + *node);
}

void change_currency(Hand& hand) {
  hand.run("UPDATE " + hand.table("currencies") + " SET rate = " + hand.random().number(1, 999) +
           "." + hand.random().number(1, 99999999) + " WHERE code = " + currency(hand.random()));
}

void replace_parent_unchecked(Hand& hand) {
  const auto account = hand.pick("accounts");
  if (!account) return;
  unchecked(hand, [&] {
    const auto locked = hand.session().scalar("SELECT id FROM " + hand.table("accounts") +
                                              " WHERE id = " + *account + " FOR UPDATE");
    if (!locked) return;
    hand.run("DELETE FROM " + hand.table("accounts") + " WHERE id = " + *account);
    if (hand.random().chance(50)) {
      // MariaDB looks for no parent when the key stays as it is, PostgreSQL does the second time
      hand.run("SET foreign_key_checks = 1");
      for (const char* status : {"'paid'", "'lost'"}) {
        hand.run("UPDATE " + hand.table("orders") + " SET status = " + status +
                 " WHERE account_id = " + *account);
      }
      hand.run("SET foreign_key_checks = 0");
    }
    Values values = account_values(hand, false);
    values.insert(values.begin(), *account);
    hand.insert("accounts", "id, " + std::string(kAccountColumns), {values});
  });
}

void insert_child_first_unchecked(Hand& hand) {
  unchecked(hand, [&] {
    const auto greatest = hand.session().scalar("SELECT MAX(id) FROM " + hand.table("accounts"));
    const std::string account = std::to_string(std::stoull(greatest.value_or("0")) + 3);
    hand.insert("orders", kOrderColumns, {order_values(hand, account)});
    Values values = account_values(hand, false);
    values.insert(values.begin(), account);
    hand.insert("accounts", "id, " + std::string(kAccountColumns), {values});
  });
}

}  // namespace godwit::ledger
