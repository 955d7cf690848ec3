// Any binlog file, event by event through one decoder: each becomes an event or a refusal, and the
// rows of each rows event lie within their packet.
// Input: events as in a file, with or without its four bytes of magic, cut by the sizes in their
// headers. tests/fuzz/record_binlog records seeds; they have no checksums, which a fuzzer can't mend.
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "godwit/capture/column_map.hpp"
#include "godwit/capture/event_decoder.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/core/error.hpp"

namespace {

using namespace godwit;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

/// Reads every byte.
void touch(std::string_view bytes) {
  std::size_t sum = 0;
  for (const char c : bytes)
    sum += static_cast<unsigned char>(c);
  require(sum <= bytes.size() * 255, "a sum of bytes");
}

/// Of a table id; the decoder's users keep these as long as the server runs.
using Tables = std::map<std::uint64_t, capture::ColumnMap>;

void check_image(const capture::RowImage& image, const capture::ColumnMap& map) {
  std::string inflated;
  for (std::size_t i = 0; i < image.values.size(); ++i) {
    const mariadb::RawValue& value = image.values[i];
    if (value.is_null()) continue;
    require(image.present.contains(i), "an absent column has a value");
    touch({reinterpret_cast<const char*>(value.data), value.size});
    const schema::BinlogColumn& column = map.columns[i].binlog;
    if (column.type != 140 && column.type != 141) continue;
    try {
      capture::inflate_column_value(column, value.bytes(), inflated);
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::source, "another kind of error");
    }
  }
}

void read_rows(const capture::RowsEvent& event, const Tables& tables, capture::RowReader& reader) {
  const auto table = tables.find(event.table_id);
  if (table == tables.end()) return;
  reader.open(event, table->second);
  while (reader.next()) {
    check_image(reader.before(), table->second);
    check_image(reader.after(), table->second);
  }
}

void use(const capture::Event& event, Tables& tables, capture::RowReader& reader) {
  if (const auto* query = std::get_if<capture::QueryEvent>(&event.body)) {
    touch(query->database);
    touch(query->sql);
    touch(query->variables.time_zone);
  }
  if (const auto* map = std::get_if<capture::TableMapEvent>(&event.body)) {
    capture::ColumnMap columns = capture::make_column_map(*map);
    (void)capture::read_table_metadata(*map, columns);
    touch(map->database);
    touch(map->table);
    tables[map->table_id] = std::move(columns);
  }
  if (const auto* rows = std::get_if<capture::RowsEvent>(&event.body)) {
    read_rows(*rows, tables, reader);
  }
}

/// Cuts the next packet off the input: as long as its header says, or what is left.
std::span<const unsigned char> next_packet(std::span<const unsigned char>& input) {
  constexpr std::size_t kSizeOffset = 9;
  std::uint32_t size = 0;
  if (input.size() >= capture::kEventHeaderBytes) {
    std::memcpy(&size, input.data() + kSizeOffset, sizeof size);
  }
  const bool fits = size >= capture::kEventHeaderBytes && size <= input.size();
  const auto packet = input.first(fits ? size : input.size());
  input = input.subspan(packet.size());
  return packet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::span<const unsigned char> input(data, size);
  capture::EventDecoder decoder;
  capture::RowReader reader;
  Tables tables;
  constexpr unsigned char kMagic[] = {0xFE, 'b', 'i', 'n'};
  if (input.size() >= sizeof kMagic && std::memcmp(input.data(), kMagic, sizeof kMagic) == 0) {
    input = input.subspan(sizeof kMagic);
  }
  while (!input.empty()) {
    const auto next = next_packet(input);
    // an allocation that ends where the packet ends, so that AddressSanitizer sees a read beyond
    const auto packet = std::make_unique<std::byte[]>(next.size());
    std::memcpy(packet.get(), next.data(), next.size());
    try {
      use(decoder.decode({packet.get(), next.size()}), tables, reader);
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::source, "another kind of error");
    }
  }
  return 0;
}
