#include "support/binlog_images.hpp"

#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <utility>
#include <variant>

#include "godwit/capture/column_map.hpp"
#include "godwit/capture/event_decoder.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/core/gtid.hpp"
#include "godwit/mariadb/replication_stream.hpp"

namespace godwit::test {
namespace {

constexpr int kIdleHeartbeatsMax = 10;

struct MappedTable {
  std::string name;
  capture::ColumnMap columns;
};

std::string value_of(const schema::BinlogColumn& column, mariadb::RawValue value) {
  std::string inflated;
  if (column.type == schema::binlog_type::kBlobCompressed ||
      column.type == schema::binlog_type::kVarcharCompressed) {
    capture::inflate_column_value(column, value.bytes(), inflated);
    return inflated;
  }
  return {reinterpret_cast<const char*>(value.data), value.size};
}

RawImage copy_of(const capture::RowImage& row, const capture::ColumnMap& map) {
  RawImage image;
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const schema::BinlogColumn& column = map.columns[i].binlog;
    image.columns.push_back(column);
    if (row.values[i].is_null()) {
      image.values.emplace_back();
    } else {
      image.values.emplace_back(value_of(column, row.values[i]));
    }
  }
  return image;
}

}  // namespace

std::string binlog_position() {
  mariadb::Connection root(servers().source_root);
  return root.scalar("SELECT @@global.gtid_binlog_pos").value_or("");
}

std::map<std::string, std::vector<RawImage>> images_of(SourceDatabase& database,
                                                       const std::string& start,
                                                       const SecondDigits& digits) {
  database.run("CREATE TABLE stop_here (id int); INSERT INTO stop_here VALUES (1)");
  mariadb::Connection root(servers().source_root);
  mariadb::ReplicationOptions options;
  options.server_id = mariadb::choose_server_id(root);
  options.start = GtidList::parse(start);
  mariadb::ReplicationStream stream(servers().source_root, options);
  capture::EventDecoder decoder;
  capture::RowReader reader;
  std::map<std::uint64_t, MappedTable> mapped;
  std::map<std::string, std::vector<RawImage>> images;
  for (int heartbeats = 0; heartbeats <= kIdleHeartbeatsMax;) {
    const capture::Event event = decoder.decode(stream.next(std::stop_token()).value());
    if (event.header.type == capture::EventType::heartbeat) ++heartbeats;
    if (const auto* map = std::get_if<capture::TableMapEvent>(&event.body)) {
      mapped.erase(map->table_id);
      if (map->database != database.name()) continue;
      if (map->table == "stop_here") return images;
      MappedTable table{std::string(map->table), capture::make_column_map(*map)};
      if (const auto known = digits.find(table.name); known != digits.end()) {
        for (capture::MappedColumn& column : table.columns.columns)
          capture::set_fraction(column, known->second);
      }
      mapped[map->table_id] = std::move(table);
    }
    const auto* rows = std::get_if<capture::RowsEvent>(&event.body);
    if (rows == nullptr || rows->kind != capture::RowsKind::write) continue;
    const auto table = mapped.find(rows->table_id);
    if (table == mapped.end()) continue;
    reader.open(*rows, table->second.columns);
    while (reader.next()) {
      images[table->second.name].push_back(copy_of(reader.after(), table->second.columns));
    }
  }
  throw std::runtime_error("the binlog of " + database.name() + " doesn't reach its end");
}

}  // namespace godwit::test
