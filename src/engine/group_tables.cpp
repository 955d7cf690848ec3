#include "group_tables.hpp"

#include <algorithm>
#include <charconv>

#include "godwit/copy/chunks.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::engine {
namespace {

using plan::TableClass;

std::optional<std::int64_t> parse(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [behind, problem] = std::from_chars(text->data(), end, value);
  if (problem != std::errc() || behind != end) return std::nullopt;
  return value;
}

std::string table_name(const mariadb::Database& database, const mariadb::Table& table) {
  return mariadb::quote_identifier(database.name) + "." + mariadb::quote_identifier(table.name);
}

std::vector<std::string> key_literals(const mariadb::Column& key,
                                      const std::vector<const plan::Unit*>& units) {
  std::vector<std::string> keys;
  for (const plan::Unit* unit : units) {
    if (unit->kind == plan::UnitKind::rows) keys.push_back(plan::key_literal(key, unit->key));
  }
  return keys;
}

}  // namespace

GroupTables::GroupTables(const SharedSource& source, const plan::Plan& plan,
                         const std::vector<const plan::Unit*>& units, mariadb::Connection& reader,
                         std::size_t readers)
    : source_(source),
      plan_(plan),
      units_(units),
      reader_(reader),
      readers_(readers),
      choices_(plan::choose_readings(source.classification, source.database, units)),
      memory_(plan.state, plan.routing_bytes),
      directory_(memory_) {
  choose_tables();
  fill_directory();
  for (std::size_t table = 0; table < tables_.size(); ++table)
    route(table);
  for (std::size_t table = 0; table < tables_.size(); ++table)
    plan_reading(table);
}

void GroupTables::choose_tables() {
  const auto has = [this](plan::UnitKind kind) {
    return std::any_of(units_.begin(), units_.end(),
                       [&](const plan::Unit* unit) { return unit->kind == kind; });
  };
  const bool tenants = has(plan::UnitKind::rows);
  const auto central = std::find_if(units_.begin(), units_.end(), [](const plan::Unit* unit) {
    return unit->kind == plan::UnitKind::central;
  });
  for (std::size_t i = 0; i < source_.classification.tables.size(); ++i) {
    const plan::ClassifiedTable& classified = source_.classification.tables[i];
    const bool of_tenants = plan::of_tenants(classified.kind);
    const bool of_central = classified.kind == TableClass::central;
    if (classified.kind == TableClass::excluded || (of_tenants && !tenants) ||
        (of_central && central == units_.end())) {
      continue;
    }
    const SchemaVariantPtr& schema = of_central || !tenants ? source_.central : source_.tenants;
    copy::ScanTable table;
    table.index = tables_.size();
    table.source = &source_.database.tables[i];
    table.target = schema->target.find_source_table(classified.name);
    if (classified.kind == TableClass::shared) {
      table.everything_to = static_cast<copy::Slot>(units_.size());
    } else if (of_central) {
      table.everything_to = static_cast<copy::Slot>(central - units_.begin());
    }
    classified_.push_back(i);
    tables_.push_back(std::move(table));
  }
  reading_.resize(tables_.size());
}

/// All tenants of the directory, within the snapshot: rows of those that aren't read now are
/// elsewhere, rows of others belong to nobody.
void GroupTables::fill_directory() {
  const plan::RowTenancy::Directory& directory = plan_.rows->directory;
  const mariadb::Table& table = *source_.database.find_table(directory.table);
  const mariadb::Column& key = directory_key(source_, *plan_.rows);
  std::vector<copy::KeyMap::Entry> entries;
  std::map<std::string_view, copy::Slot> slots;
  std::vector<bool> found(units_.size());  // by slot
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (units_[i]->kind == plan::UnitKind::rows) {
      slots.emplace(units_[i]->key, static_cast<copy::Slot>(i));
    }
  }
  for (const mariadb::Row& row :
       reader_.query_listed("SELECT " + mariadb::quote_identifier(directory.key_column) + " FROM " +
                            table_name(source_.database, table))) {
    if (!row.at(0)) continue;
    const auto slot = slots.find(*row[0]);
    entries.push_back(
        {copy::routing_key(key, *row[0]), slot == slots.end() ? copy::kElsewhere : slot->second});
    if (slot != slots.end()) found[slot->second] = true;
  }
  for (const auto& [unit_key, slot] : slots) {
    if (found[slot]) continue;
    missing_units_.push_back(slot);
    // otherwise rows that it left behind would be nobody's, and stop the other units, too
    entries.push_back({copy::routing_key(key, unit_key), slot});
  }
  directory_.put(entries);
}

void GroupTables::route(std::size_t index) {
  const plan::ClassifiedTable& classified = source_.classification.tables[classified_[index]];
  copy::ScanTable& table = tables_[index];
  if (classified.tenant_column) {
    table.steps.push_back({key_of(index, {*classified.tenant_column}), &directory_});
  }
  for (const plan::RoutePath& path : classified.paths) {
    table.steps.push_back({key_of(index, path.columns), &map_of(path.parent, path.parent_columns)});
    reading_[index].parents.push_back(scan_index(path.parent));
  }
}

copy::ScanKey GroupTables::key_of(std::size_t table,
                                  const std::vector<std::size_t>& columns) const {
  const copy::ScanTable& scanned = tables_[table];
  copy::ScanKey key;
  for (const std::size_t column : columns) {
    const auto position = std::find_if(
        scanned.target->columns.begin(), scanned.target->columns.end(),
        [&](const schema::TargetColumn& target) { return target.source_index == column; });
    if (position == scanned.target->columns.end()) {
      throw Error(ErrorKind::internal, "a routing column isn't copied");
    }
    key.columns.push_back(&scanned.source->columns[column]);
    key.positions.push_back(static_cast<std::size_t>(position - scanned.target->columns.begin()));
  }
  return key;
}

copy::KeyMap& GroupTables::map_of(std::size_t parent, const std::vector<std::size_t>& columns) {
  std::unique_ptr<copy::KeyMap>& map = maps_[{parent, columns}];
  if (!map) {
    map = std::make_unique<copy::KeyMap>(memory_);
    if (columns.size() == 1) expect_keys(*map, parent, columns.front());
    const std::size_t index = scan_index(parent);
    tables_[index].fills.push_back({key_of(index, columns), map.get()});
  }
  return *map;
}

void GroupTables::expect_keys(copy::KeyMap& map, std::size_t parent, std::size_t column) {
  const mariadb::Table& table = source_.database.tables[parent];
  if (!copy::is_integer(table.columns[column]) || !table.transactional() ||
      plan::tenant_access(table, table.columns[column].name) == plan::TenantAccess::none) {
    return;
  }
  const std::string name = mariadb::quote_identifier(table.columns[column].name);
  const mariadb::Rows rows = reader_.query_listed("SELECT MIN(" + name + "), MAX(" + name +
                                                  ") FROM " + table_name(source_.database, table));
  const auto low = parse(rows.at(0).at(0));
  const auto high = parse(rows.at(0).at(1));
  if (low && high) map.expect_integers(*low, *high, table.row_estimate);
}

void GroupTables::plan_reading(std::size_t index) {
  const plan::ClassifiedTable& classified = source_.classification.tables[classified_[index]];
  const mariadb::Table& table = *tables_[index].source;
  ScanTasks::Table& reading = reading_[index];
  reading.bytes = table.data_bytes;
  reading.locked = !table.transactional();
  if (by_index(classified_[index])) {
    reading.where.push_back(
        plan::tenant_condition(source_.classification, source_.database, classified,
                               key_literals(directory_key(source_, *plan_.rows), units_)));
  } else {
    const std::uint64_t chunks = readers_ == 1 ? 1 : table.data_bytes / plan_.chunk_bytes + 1;
    reading.where = copy::split_table(reader_, source_.database.name, table, chunks);
  }
}

std::size_t GroupTables::scan_index(std::size_t classified) const {
  const auto found = std::find(classified_.begin(), classified_.end(), classified);
  if (found == classified_.end()) {
    throw Error(ErrorKind::internal, "a path leads to a table that isn't read");
  }
  return static_cast<std::size_t>(found - classified_.begin());
}

}  // namespace godwit::engine
