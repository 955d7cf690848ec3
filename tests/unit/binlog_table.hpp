// Table maps and rows events by hand, through the decoder.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "binlog_bytes.hpp"
#include "godwit/capture/column_map.hpp"
#include "godwit/capture/row_image.hpp"

namespace godwit::test {

struct MadeColumn {
  int type;
  std::string metadata;
  bool nullable = true;
};

/// A body; `optional` is the optional metadata.
inline std::string table_map(const std::vector<MadeColumn>& columns, std::string_view optional) {
  Wire wire;
  wire.u48(18).u16(1).name("crm").name("t").u8(0xFC).u16(columns.size());
  std::string metadata;
  std::string nullable((columns.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < columns.size(); ++i) {
    wire.u8(static_cast<std::uint64_t>(columns[i].type));
    metadata += columns[i].metadata;
    if (columns[i].nullable) {
      nullable[i / 8] = static_cast<char>(nullable[i / 8] | (1 << (i % 8)));
    }
  }
  wire.u8(0xFC).u16(metadata.size()).text(metadata).text(nullable).text(optional);
  return wire.bytes();
}

/// A decoded event and the bytes that it views.
class Decoded {
 public:
  Decoded(capture::EventType type, std::string_view body)
      : decoder_(decoder_after_format(true)), packet_(framed(type, body)) {
    event_ = decoder_.decode(packet_);
  }
  Decoded(const Decoded&) = delete;
  Decoded& operator=(const Decoded&) = delete;

  template <class Body>
  [[nodiscard]] const Body& as() const {
    return std::get<Body>(event_.body);
  }

 private:
  capture::EventDecoder decoder_;
  Packet packet_;
  capture::Event event_;
};

inline capture::ColumnMap column_map(const std::vector<MadeColumn>& columns,
                                     std::string_view optional = {}) {
  const Decoded map(capture::EventType::table_map, table_map(columns, optional));
  return capture::make_column_map(map.as<capture::TableMapEvent>());
}

/// The fixed part and the bitmaps of version 1, in front of the rows.
inline std::string rows_start(std::size_t columns, std::string_view bitmaps) {
  return Wire().u48(18).u16(1).u8(0xFC).u16(columns).text(bitmaps).bytes();
}

}  // namespace godwit::test
