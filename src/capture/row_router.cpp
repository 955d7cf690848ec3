#include "godwit/capture/row_router.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "altered_tables.hpp"
#include "bound_table.hpp"
#include "godwit/capture/routing_index.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/capture/schema_statement.hpp"
#include "godwit/capture/statement_text.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "routing_key.hpp"
#include "row_members.hpp"
#include "row_model.hpp"
#include "row_parts.hpp"

namespace godwit::capture {
namespace {

using plan::TableClass;
using Bound = BoundTable;

/// Table maps that are bound to the model; then all are forgotten.
constexpr std::size_t kBoundMax = 1024;
/// Keys without a row that a group is watched for; see State::missed.
constexpr std::size_t kMissedMax = std::size_t{1} << 16U;

std::string text_of(const Xid& xid) {
  std::string text = std::to_string(xid.format) + ":" + std::to_string(xid.gtrid.size()) + ":";
  text.append(xid.gtrid);
  text.append(xid.bqual);
  return text;
}

struct MissedKey {
  std::uint32_t space = kDirectorySpace;
  RoutingKey key;
  bool guarded = false;  // of the path, see RoutedTable::Key
  bool operator==(const MissedKey& other) const { return space == other.space && key == other.key; }
};
struct MissedHash {
  std::size_t operator()(const MissedKey& missed) const {
    return std::hash<std::uint64_t>()(missed.key.low * 31 + missed.key.high + missed.space);
  }
};

/// Whether one of the columns has another value behind the change.
bool differs(const RowReader& row, const std::vector<std::size_t>& columns) {
  return std::any_of(columns.begin(), columns.end(), [&](std::size_t column) {
    if (!row.before().present.contains(column) || !row.after().present.contains(column)) {
      return row.after().present.contains(column);
    }
    const mariadb::RawValue before = row.before().values[column];
    const mariadb::RawValue after = row.after().values[column];
    if (before.is_null() || after.is_null()) return before.is_null() != after.is_null();
    return !std::equal(before.bytes().begin(), before.bytes().end(), after.bytes().begin(),
                       after.bytes().end());
  });
}

}  // namespace

struct RowRouter::State {
  State(Delivery& to, const plan::Classification& classification, const mariadb::Database& database,
        const schema::TargetSchema& tenants, const CharsetLookup& charsets,
        std::uint64_t index_bytes_max)
      : delivery(to),
        model(classification, database, tenants, charsets),
        index(index_bytes_max),
        members(to),
        parts([this](Slot slot, const RowsEvent& rows) { give(slot, rows); }) {}

  Bound* find(const std::shared_ptr<const MappedTable>& table);
  bool anyone_takes(const RoutedTable& routed);
  void give(Slot slot, const RowsEvent& rows);
  void give_all(RowMembers::Which which, const RowsEvent& event);
  void route(Bound& bound, const RowsEvent& event);
  Slot owner(Bound& bound, const RowImage& image);
  Slot owner_after(Bound& bound, const RowsEvent& event);
  Slot owner_of(Bound& bound, const RowImage& image, const RowImage* fallback, MissedKey* unknown);
  void inserted(Bound& bound, const RowsEvent& event);
  void deleted(Bound& bound, const RowsEvent& event);
  void updated(Bound& bound, const RowsEvent& event);
  void put_keys(Bound& bound, const RowImage& image, const RowImage* fallback, Slot slot);
  void erase_keys(Bound& bound, const RowImage& image, bool checked, const RowImage* next,
                  const RowImage* next_fallback);
  void moved(Bound& bound, Slot from, Slot to);
  void stop(Slot slot, const std::string& why);
  std::string row_name(const Bound& bound) const;
  void reset();

  Delivery& delivery;
  const RowModel model;
  RoutingIndex index;
  RowMembers members;
  RowParts parts;
  std::function<std::uint64_t()> sample;
  std::unordered_map<const MappedTable*, Bound> bound;
  AlteredTables altered_tables;
  std::shared_ptr<const MappedTable> table;  // of the event under way
  RowReader reader;
  /// Keys that rows of this group referred to before they existed, where no foreign key prevents
  /// it: should the row come, its earlier children were passed over.
  std::unordered_set<MissedKey, MissedHash> missed;
  std::string xid;
  std::optional<bool> completed_xa;
  std::uint64_t rows_read = 0;
  std::uint64_t unrouted_null = 0;
};

/// nullptr: nobody gets its rows.
Bound* RowRouter::State::find(const std::shared_ptr<const MappedTable>& mapped) {
  const auto known = bound.find(mapped.get());
  if (known != bound.end()) return &known->second;
  if (mapped->database != model.database()) return nullptr;
  const RoutedTable* routed = model.find(mapped->name);
  // a table that is newer than the model: its CREATE TABLE went to everyone
  if (routed == nullptr) return nullptr;
  if (routed->kind == TableClass::excluded || routed->kind == TableClass::undecided) return nullptr;
  std::optional<Bound> made;
  try {
    made = bind_routed(mapped, *routed, altered_tables);
  } catch (const Error&) {
    if (anyone_takes(*routed)) throw;
  }
  if (!made) return nullptr;
  if (bound.size() >= kBoundMax) bound.clear();
  return &bound.emplace(mapped.get(), std::move(*made)).first->second;
}

/// Whether the group is new to one who gets rows of the table.
bool RowRouter::State::anyone_takes(const RoutedTable& routed) {
  const auto which = routed.kind == TableClass::shared    ? RowMembers::Which::all
                     : routed.kind == TableClass::central ? RowMembers::Which::central
                                                          : RowMembers::Which::tenants;
  bool any = false;
  members.each(which, [&](Slot slot) { any = any || members.open(slot) != nullptr; });
  return any;
}

void RowRouter::State::give(Slot slot, const RowsEvent& rows) {
  if (TenantQueue* queue = members.open(slot)) queue->rows(table, rows);
}

void RowRouter::State::give_all(RowMembers::Which which, const RowsEvent& event) {
  members.each(which, [&](Slot slot) { give(slot, event); });
}

void RowRouter::State::stop(Slot slot, const std::string& why) {
  if (slot == kNoSlot) return;
  parts.flush(slot);
  TenantQueue* queue = members.open(slot);
  if (queue == nullptr) return;
  StatementChange statement;
  statement.database = model.database();
  statement.sql = why;
  queue->statement(statement);
}

/// "row id=7 of invoices"
std::string RowRouter::State::row_name(const Bound& of) const {
  const bool inserted = reader.before().values.empty();
  return "row " +
         of.own_keys.front().describe(inserted ? reader.after() : reader.before(), nullptr) +
         " of " + printable(of.routed->name);
}

/// `unknown`: the key that isn't known, its space unchanged otherwise.
Slot RowRouter::State::owner_of(Bound& of, const RowImage& image, const RowImage* fallback,
                                MissedKey* unknown) {
  for (std::size_t i = 0; i < of.paths.size(); ++i) {
    RoutingKey key;
    switch (of.paths[i].read(image, fallback, key)) {
      case KeyReader::Outcome::null: continue;
      case KeyReader::Outcome::refused: return kNoSlot;
      case KeyReader::Outcome::key: break;
    }
    const RoutedTable::Key& path = of.routed->paths[i];
    const Slot slot = index.find(path.space, key);
    if (slot == kNoSlot && unknown != nullptr) *unknown = {path.space, key, path.guarded};
    return slot;
  }
  ++unrouted_null;
  return kNoSlot;
}

Slot RowRouter::State::owner(Bound& of, const RowImage& image) {
  return owner_of(of, image, nullptr, nullptr);
}

Slot RowRouter::State::owner_after(Bound& of, const RowsEvent& event) {
  const RowImage* fallback = event.kind == RowsKind::update ? &reader.before() : nullptr;
  MissedKey unknown;
  const Slot slot = owner_of(of, reader.after(), fallback, &unknown);
  if (unknown.space == kDirectorySpace) return slot;
  const bool guarded = unknown.guarded && !event.has(RowsEvent::kNoForeignKeyChecks);
  if (!guarded && missed.size() < kMissedMax) missed.insert(unknown);
  return slot;
}

/// Also of nobody's row: the key may be that of a row which a cascade deleted without an image.
void RowRouter::State::put_keys(Bound& of, const RowImage& image, const RowImage* fallback,
                                Slot slot) {
  for (std::size_t i = 0; i < of.own_keys.size(); ++i) {
    RoutingKey key;
    if (of.own_keys[i].read(image, fallback, key) != KeyReader::Outcome::key) continue;
    const std::uint32_t space = of.routed->own_keys[i].space;
    index.put(space, key, slot);
    if (slot == kNoSlot || missed.empty() || !missed.contains({space, key, false})) continue;
    stop(slot, "godwit: " + row_name(of) +
                   " came behind rows that inherit from it in the same transaction");
  }
}

/// `next`: the image behind an update, whose keys stay; nullptr: the row is gone. (Rows that it
/// deletes by cascade keep their keys here: nothing can refer to those any more, and a new row of
/// the same key replaces them.)
void RowRouter::State::erase_keys(Bound& of, const RowImage& image, bool checked,
                                  const RowImage* next, const RowImage* next_fallback) {
  for (std::size_t i = 0; i < of.own_keys.size(); ++i) {
    // without a foreign key rows may be left behind, to be deleted later: whose were they?
    if (!checked || !of.routed->own_keys[i].guarded) continue;
    RoutingKey key;
    if (of.own_keys[i].read(image, nullptr, key) != KeyReader::Outcome::key) continue;
    if (next != nullptr) {
      RoutingKey later;
      if (of.own_keys[i].read(*next, next_fallback, later) == KeyReader::Outcome::key &&
          later == key) {
        continue;
      }
    }
    index.erase(of.routed->own_keys[i].space, key);
  }
}

void RowRouter::State::inserted(Bound& of, const RowsEvent& event) {
  const Slot slot = owner_after(of, event);
  put_keys(of, reader.after(), nullptr, slot);
  if (slot != kNoSlot) parts.add(slot, RowsKind::write, reader.raw());
}

void RowRouter::State::deleted(Bound& of, const RowsEvent& event) {
  const bool checked = !event.has(RowsEvent::kNoForeignKeyChecks);
  const Slot slot = owner(of, reader.before());
  if (slot != kNoSlot) parts.add(slot, RowsKind::remove, reader.raw());
  if (slot != kNoSlot && checked && of.routed->nulls_on_delete) {
    stop(slot, "godwit: a row of " + printable(of.routed->name) +
                   " was deleted, and with it the tenant of rows that inherit from it");
  }
  erase_keys(of, reader.before(), checked, nullptr, nullptr);
}

void RowRouter::State::updated(Bound& of, const RowsEvent& event) {
  const bool checked = !event.has(RowsEvent::kNoForeignKeyChecks);
  const RowImage& before = reader.before();
  const RowImage& after = reader.after();
  const Slot from = owner(of, before);
  const Slot to = owner_after(of, event);
  erase_keys(of, before, checked, &after, &before);
  put_keys(of, after, &before, to);
  if (from == to) {
    if (from == kNoSlot) return;
    parts.add(from, RowsKind::update, reader.raw());
    if (checked && differs(reader, of.routed->cascading)) {
      stop(from, "godwit: a key of " + printable(of.routed->name) +
                     " changed, and with it the columns by which other rows find their tenant");
    }
    return;
  }
  if (of.routed->is_parent()) return moved(of, from, to);
  if (from != kNoSlot) parts.add(from, RowsKind::remove, reader.raw_before());
  if (to == kNoSlot) return;
  if (!after.all_present) {
    throw Error(ErrorKind::source,
                "a row of " + printable(of.routed->name) +
                    " moved to another tenant, and its image behind the change lacks columns",
                "set binlog_row_image=FULL on the source");
  }
  parts.add(to, RowsKind::write, reader.raw_after());
}

void RowRouter::State::moved(Bound& of, Slot from, Slot to) {
  const auto name = [this](Slot slot) {
    return slot == kNoSlot ? std::string("another one") : std::string(members.tenant(slot));
  };
  const std::string why = "godwit: " + row_name(of) + " moved from tenant " + name(from) + " to " +
                          name(to) + ", and rows that inherit from it may have moved with it";
  stop(from, why);
  stop(to, why);
}

void RowRouter::State::route(Bound& of, const RowsEvent& event) {
  reader.open(event, of.table->columns);
  parts.open(event);
  while (reader.next()) {
    ++rows_read;
    switch (event.kind) {
      case RowsKind::write: inserted(of, event); break;
      case RowsKind::remove: deleted(of, event); break;
      case RowsKind::update: updated(of, event); break;
    }
  }
  parts.finish();
}

void RowRouter::State::reset() {
  completed_xa.reset();
  missed.clear();
  table.reset();
  members.end();
}

RowRouter::RowRouter(Delivery& delivery, const plan::Classification& classification,
                     const mariadb::Database& database, const schema::TargetSchema& tenants,
                     const CharsetLookup& charsets, std::uint64_t index_bytes_max)
    : state_(std::make_unique<State>(delivery, classification, database, tenants, charsets,
                                     index_bytes_max)) {}

RowRouter::~RowRouter() = default;

void RowRouter::set_sample(std::function<std::uint64_t()> sample) {
  state_->sample = std::move(sample);
}

void RowRouter::expect(const mariadb::Database& schema) {
  for (const mariadb::Table& table : schema.tables) {
    const RoutedTable* routed = state_->model.find(table.name);
    if (routed == nullptr) continue;
    if (!routed->looks_at_the_same(table)) {
      throw Error(ErrorKind::rejected,
                  "columns of table " + printable(table.name) +
                      " that say whose its rows are have moved since the run began",
                  "end the run, `godwit recopy` the tenant if it was copied before, and run again");
    }
    if (table.columns.size() != routed->columns.size()) state_->altered_tables.longer(table.name);
  }
}

void RowRouter::add(const SubscriptionPtr& subscription, std::string_view key) {
  const KeyColumn* column = state_->model.tenant_column();
  if (column == nullptr) {
    throw Error(ErrorKind::rejected, "no table of " + printable(state_->model.database()) +
                                         " is owned: there is nothing to tell tenants apart by");
  }
  const RoutingKey routing_key = tenant_key(*column, key);
  if (const Slot known = state_->index.find(kDirectorySpace, routing_key); known != kNoSlot) {
    throw Error(ErrorKind::rejected, "the tenants " + std::string(state_->members.tenant(known)) +
                                         " and " + subscription->tenant() + " have the same key");
  }
  const Slot slot = state_->members.add(subscription, false);
  try {
    state_->index.load(kDirectorySpace, routing_key, slot);
  } catch (...) {
    state_->members.remove(*subscription);
    throw;
  }
}

void RowRouter::add_central(const SubscriptionPtr& subscription) {
  state_->members.add(subscription, true);
}

void RowRouter::remove(const Subscription& subscription) {
  const Slot slot = state_->members.remove(subscription);
  if (slot != kNoSlot) state_->index.drop(slot);
}

const std::vector<ParentKey>& RowRouter::parent_keys() const { return state_->model.parent_keys(); }

void RowRouter::load(const Subscription& subscription, std::size_t key,
                     std::span<const std::byte> rows) {
  const Slot slot = state_->members.find(subscription);
  if (slot == kNoSlot) {
    throw Error(ErrorKind::internal, "keys of a tenant that isn't followed");
  }
  FieldKeys fields(state_->model.key_columns(key));
  const auto space = static_cast<std::uint32_t>(key + 1);
  for_each_key(fields, rows,
               [&](const RoutingKey& loaded) { state_->index.load(space, loaded, slot); });
}

std::uint64_t RowRouter::rows_read() const { return state_->rows_read; }
std::uint64_t RowRouter::unrouted_null() const { return state_->unrouted_null; }
std::uint64_t RowRouter::index_bytes() const { return state_->index.bytes(); }
std::size_t RowRouter::index_keys() const { return state_->index.size(); }

void RowRouter::begin(const GtidEvent& gtid, const GroupPosition& position) {
  state_->delivery.begin(gtid, position);
  state_->xid = gtid.xid ? text_of(*gtid.xid) : std::string();
  state_->members.begin();
}

void RowRouter::rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event) {
  State& state = *state_;
  if (state.members.empty()) return;
  Bound* bound = state.find(table);
  if (bound == nullptr) return;
  state.table = table;
  switch (bound->routed->kind) {
    case TableClass::shared: return state.give_all(RowMembers::Which::all, event);
    case TableClass::central: return state.give_all(RowMembers::Which::central, event);
    default: return state.route(*bound, event);
  }
}

void RowRouter::statement_end(std::span<const StatementTable> tables) {
  State& state = *state_;
  // a copy: to be touched opens nobody anew, but the list is the members'
  const std::vector<Slot> concerned = state.members.of_statement();
  for (const StatementTable& one : tables) {
    if (one.has_rows || one.table->database != state.model.database()) continue;
    const RoutedTable* routed = state.model.find(one.table->name);
    if (routed == nullptr) continue;
    const bool shared = routed->kind == TableClass::shared;
    const bool central = routed->kind == TableClass::central;
    if (!shared && !central && !plan::of_tenants(routed->kind)) continue;
    for (const Slot slot : concerned) {
      if (!shared && state.members.is_central(slot) != central) continue;
      if (TenantQueue* queue = state.members.open(slot)) queue->touched(one.table);
    }
  }
  state.members.end_statement();
}

void RowRouter::statement(StatementKind kind, const QueryEvent& query) {
  State& state = *state_;
  if (kind == StatementKind::xa_commit || kind == StatementKind::xa_rollback) {
    state.completed_xa = kind == StatementKind::xa_commit;
    return state.delivery.complete_xa(*state.completed_xa);
  }
  const StatementChange change = statement_change(query);
  if (kind == StatementKind::savepoint) {
    state.index.mark(query.sql);
    return state.delivery.savepoint(change);
  }
  if (kind == StatementKind::rollback_to) {
    state.index.roll_back_to(query.sql);
    return state.delivery.rollback_to(change);
  }
  const auto give = [&](Slot slot) {
    if (TenantQueue* queue = state.members.open(slot)) queue->statement(change);
  };
  if (kind == StatementKind::other) {
    const StatementMeaning meaning = read_statement(query.sql, query.database, change.ansi_quotes);
    if (meaning.effect == StatementEffect::none) return;
    // as the statement spells them: of databases that differ in case only, rather both
    const std::string own = lowercase_ascii(state.model.database());
    const auto& named = meaning.databases;
    if (std::none_of(named.begin(), named.end(),
                     [&](const std::string& name) { return lowercase_ascii(name) == own; })) {
      return;
    }
    if (meaning.effect == StatementEffect::schema) {
      state.altered_tables.said(read_schema_statement(query.sql, query.database, change.ansi_quotes,
                                                      state.model.database()));
    }
    state.members.each(RowMembers::Which::all, give);
  }
}

void RowRouter::end(GroupEnd how, const GroupPosition& position) {
  State& state = *state_;
  state.delivery.end(how, position, state.sample ? state.sample() : 0);
  // the index behind the queues: when they fail, the group comes again
  if (state.completed_xa) state.index.complete_parked(state.xid, *state.completed_xa);
  switch (how) {
    case GroupEnd::committed: state.index.commit(); break;
    case GroupEnd::rolled_back: state.index.roll_back(); break;
    case GroupEnd::prepared: state.index.park(state.xid); break;
  }
  state.reset();
}

void RowRouter::abandon() {
  state_->delivery.abandon();
  state_->index.roll_back();
  state_->reset();
}

}  // namespace godwit::capture
