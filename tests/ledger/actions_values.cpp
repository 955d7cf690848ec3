#include <string>

#include "actions.hpp"
#include "values.hpp"

namespace godwit::ledger {
namespace {

constexpr std::uint64_t kSamplesMax = 120;
constexpr std::uint64_t kEventsMax = 150;
constexpr std::uint64_t kStagingMax = 2500;
constexpr int kBulkRows = 1000;

Values sample_values(Random& random) {
  Values values;
  for (const SampleColumn& column : sample_columns())
    values.push_back(sample(random, column));
  return values;
}

const std::string& sample_names() {
  static const std::string names = [] {
    std::string list;
    for (const SampleColumn& column : sample_columns())
      list += (list.empty() ? "" : ", ") + std::string(column.name);
    return list;
  }();
  return names;
}

/// Few enough different ones that many are there twice.
Values event_values(Random& random) {
  return {random.number(-2, 2),
          random.chance(30) ? "NULL" : "'2024-02-29 12:00:0" + random.number(0, 3) + ".125'",
          random.chance(30) ? "NULL" : "'message " + random.number(0, 3) + "'",
          random.chance(30) ? "NULL" : random.number(0, 2) + ".10",
          random.chance(30) ? "NULL" : random.number(0, 2) + "e-1"};
}

}  // namespace

void swap_slots(Hand& hand) {
  Random& random = hand.random();
  const auto one = hand.pick("slots");
  const auto other = hand.pick("slots");
  if (!one || !other || *one == *other) {
    // places above all that are in use
    hand.insert("slots", "id, place, label",
                {{hand.key(1), random.number(1'000'000, 9'000'000'000), text(random, 60)}},
                "INSERT IGNORE");
    return;
  }
  const auto at = [&](const std::string& id) { return " WHERE id = " + id; };
  const std::string slots = hand.table("slots");
  const auto place_of = [&](const std::string& id) {
    return hand.session().scalar("SELECT place FROM " + slots + at(id) + " FOR UPDATE");
  };
  const auto first = place_of(*one);
  const auto second = place_of(*other);
  if (!first || !second) return;
  hand.run("UPDATE " + slots + " SET place = -" + *one + at(*one));
  hand.run("UPDATE " + slots + " SET place = " + *first + at(*other));
  hand.run("UPDATE " + slots + " SET place = " + *second + at(*one));
}

void shift_slots(Hand& hand) {
  Random& random = hand.random();
  if (random.chance(50)) {
    hand.run("UPDATE " + hand.table("slots") + " SET place = place + 1 WHERE " + hand.scope() +
             " ORDER BY place DESC");
    return;
  }
  const auto slot = hand.pick("slots");
  if (!slot) return;
  if (random.chance(30)) {
    hand.run("DELETE FROM " + hand.table("slots") + " WHERE id = " + *slot);
    hand.insert("slots", "id, place, label", {{*slot, "-" + *slot, "NULL"}});
    return;
  }
  // a primary key that changes and comes back
  const std::string away = hand.key(1);
  hand.run("UPDATE " + hand.table("slots") + " SET id = " + away + " WHERE id = " + *slot);
  if (random.chance(50)) {
    hand.run("UPDATE " + hand.table("slots") + " SET id = " + *slot +
             ", label = NULL WHERE id = " + away);
  }
}

void change_settings(Hand& hand) {
  Random& random = hand.random();
  const auto name = [&random] { return "'k" + random.number(0, 29) + "'"; };
  const auto row = [&] {
    return Values{name(), random.chance(30) ? "NULL" : random.number(1, 20),
                  bytes(random, static_cast<std::size_t>(random.below(200))), "1"};
  };
  constexpr std::string_view kColumns = "name, serial, value, version";
  switch (random.below(5)) {
    case 0: hand.insert("settings", kColumns, {row(), row()}, "REPLACE"); return;
    case 1:
      hand.insert("settings", kColumns, {row(), row(), row()}, "INSERT",
                  "ON DUPLICATE KEY UPDATE version = version + 1, value = VALUES(value)");
      return;
    case 2: hand.insert("settings", kColumns, {row(), row()}, "INSERT IGNORE"); return;
    case 3:
      hand.run("UPDATE " + hand.table("settings") + " SET name = " + name() + " WHERE " +
               hand.scope() + " AND name = " + name());
      return;
    default: hand.run("DELETE FROM " + hand.own("settings") + " AND name = " + name());
  }
}

void write_samples(Hand& hand) {
  Random& random = hand.random();
  if (hand.count("samples") > kSamplesMax) {
    hand.run("DELETE FROM " + hand.own("samples") + " ORDER BY id LIMIT 30");
  }
  std::vector<Values> rows;
  for (std::uint64_t left = 1 + random.below(4); left > 0; --left)
    rows.push_back(sample_values(random));
  hand.insert("samples", sample_names(), rows);
}

void change_samples(Hand& hand) {
  Random& random = hand.random();
  const auto id = hand.pick("samples");
  if (!id) return write_samples(hand);
  const std::string chosen = hand.own("samples") + " AND id ";
  if (random.chance(15)) return hand.run("DELETE FROM " + chosen + "= " + *id);
  std::string changes;
  for (std::uint64_t left = 1 + random.below(4); left > 0; --left) {
    const SampleColumn& column = random.one_of(sample_columns());
    changes +=
        (changes.empty() ? "" : ", ") + std::string(column.name) + " = " + sample(random, column);
  }
  if (random.chance(10)) changes += ", id = id + " + random.number(1, 5000);
  const bool several = random.chance(20);
  hand.run("UPDATE " + hand.table("samples") + " SET " + changes + " WHERE " + hand.scope() +
           " AND id " + (several ? ">= " : "= ") + *id + " ORDER BY id DESC LIMIT " +
           (several ? "5" : "1"));
}

void move_sample_to_other_tenant(Hand& hand) {
  const auto id = hand.pick("samples");
  const auto other =
      hand.session().scalar("SELECT id FROM " + hand.table("tenants") + " WHERE id <> " +
                            std::to_string(hand.tenant().id) + " ORDER BY RAND() LIMIT 1");
  if (!id || !other) return;
  hand.run("UPDATE " + hand.table("samples") + " SET tenant_id = " + *other + " WHERE id = " + *id);
}

void write_event_log(Hand& hand) {
  Random& random = hand.random();
  constexpr std::string_view kColumns = "kind, at, message, amount, ratio";
  if (hand.count("event_log") > kEventsMax) {
    hand.run("DELETE FROM " + hand.own("event_log") + " LIMIT 40");
  }
  switch (random.below(4)) {
    case 0: {
      const Values twice = event_values(random);
      hand.insert("event_log", kColumns, {twice, twice, event_values(random)});
      return;
    }
    case 1: hand.insert("event_log", kColumns, {event_values(random)}); return;
    case 2:
      hand.run("UPDATE " + hand.table("event_log") + " SET kind = " + random.number(-2, 2) +
               ", ratio = " + random.number(0, 2) + "e-1 WHERE " + hand.scope() +
               " AND kind = " + random.number(-2, 2) + " LIMIT 2");
      return;
    default:
      hand.run("DELETE FROM " + hand.own("event_log") + " AND kind = " + random.number(-2, 2) +
               " LIMIT 1");
  }
}

void write_bulk(Hand& hand) {
  Random& random = hand.random();
  if (hand.count("staging") > kStagingMax) {
    hand.run("DELETE FROM " + hand.own("staging") + " ORDER BY id LIMIT 2000");
  } else if (random.chance(30)) {
    hand.run("UPDATE " + hand.table("staging") + " SET amount = amount + 0.01 WHERE " +
             hand.scope());
  }
  const bool shared = hand.tenant().id != 0;
  hand.run("INSERT INTO " + hand.table("staging") + " (" + (shared ? "tenant_id, " : "") +
           "batch, amount, line) SELECT " +
           (shared ? std::to_string(hand.tenant().id) + ", " : "") + random.number(1, 9999) +
           ", seq / 3, REPEAT(CHAR(65 + seq % 26), seq % 150) FROM " +
           hand.table("seq_1_to_" + std::to_string(kBulkRows)));
}

void truncate_staging(Hand& hand) { hand.run("TRUNCATE TABLE " + hand.table("staging")); }

void count_visit(Hand& hand) {
  Random& random = hand.random();
  if (random.chance(10)) {
    hand.run("DELETE FROM " + hand.own("visits") + " LIMIT 1");
    return;
  }
  hand.insert("visits", "id, page, hits", {{hand.key(960), text(random, 40), "1"}}, "INSERT",
              "ON DUPLICATE KEY UPDATE hits = hits + 1");
}

}  // namespace godwit::ledger
