#include "godwit/capture/column_map.hpp"

#include <array>

#include "byte_reader.hpp"
#include "column_signs.hpp"
#include "godwit/core/error.hpp"

namespace godwit::capture {
namespace {

[[noreturn]] void refuse(std::size_t column, const std::string& what) {
  malformed("column " + std::to_string(column + 1) + " has " + what);
}

constexpr std::uint8_t bytes_of_fraction(unsigned digits) {
  return static_cast<std::uint8_t>((digits + 1) / 2);
}

/// Nine digits take four bytes, fewer take what they need, before and behind the point apart.
/// Format: https://dev.mysql.com/doc/refman/8.0/en/precision-math-decimal-characteristics.html
std::uint8_t decimal_bytes(unsigned precision, unsigned scale) {
  constexpr unsigned kBytesOfDigits[] = {0, 1, 1, 2, 2, 3, 3, 4, 4};
  const auto bytes = [&](unsigned digits) { return digits / 9 * 4 + kBytesOfDigits[digits % 9]; };
  return static_cast<std::uint8_t>(bytes(precision - scale) + bytes(scale));
}

/// STRING stands for CHAR, BINARY, ENUM, SET, UUID, INET4 and INET6: the first byte has the real
/// type, the second the length, whose two bits above 255 are the first byte's bits 4 and 5,
/// inverted.
void read_string(std::size_t index, unsigned first, unsigned second, MappedColumn& column) {
  constexpr unsigned kFoldedBits = 0x30;
  const unsigned above = (first & kFoldedBits) ^ kFoldedBits;
  const unsigned type = first | kFoldedBits;
  const unsigned length = second | (above << 4U);
  column.binlog.type = static_cast<std::uint8_t>(type);
  column.binlog.metadata = static_cast<std::uint16_t>(length);
  if (type == schema::binlog_type::kString) {
    column.length_bytes = length > 255 ? 2 : 1;
    return;
  }
  const bool fits = (type == schema::binlog_type::kEnum && length >= 1 && length <= 2) ||
                    (type == schema::binlog_type::kSet && length >= 1 && length <= 8);
  if (!fits) {
    refuse(index, "type " + std::to_string(type) + " of " + std::to_string(length) + " bytes");
  }
  column.size = static_cast<std::uint8_t>(length);
}

void read_bit(std::size_t index, unsigned bits, unsigned bytes, MappedColumn& column) {
  const unsigned all = bytes * 8 + bits;
  if (bits > 7 || all < 1 || all > 64) refuse(index, std::to_string(all) + " bits");
  column.binlog.metadata = static_cast<std::uint16_t>(all);
  column.size = static_cast<std::uint8_t>((all + 7) / 8);
}

void read_decimal(std::size_t index, unsigned precision, unsigned scale, MappedColumn& column) {
  if (precision < 1 || precision > 65 || scale > precision) {
    refuse(index, "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")");
  }
  column.binlog.metadata = static_cast<std::uint16_t>((precision << 8U) | scale);
  column.size = decimal_bytes(precision, scale);
}

/// `base`: bytes without fraction.
void read_fraction(std::size_t index, std::uint8_t base, unsigned digits, MappedColumn& column) {
  if (digits > 6) refuse(index, "a fraction of " + std::to_string(digits) + " digits");
  column.binlog.metadata = static_cast<std::uint16_t>(digits);
  column.size = static_cast<std::uint8_t>(base + bytes_of_fraction(digits));
}

void read_float(std::size_t index, std::uint8_t expected, unsigned size, MappedColumn& column) {
  if (size != expected) refuse(index, "a float of " + std::to_string(size) + " bytes");
  column.binlog.metadata = expected;
  column.size = expected;
}

void read_blob(std::size_t index, unsigned length_bytes, MappedColumn& column) {
  if (length_bytes < 1 || length_bytes > 4) {
    refuse(index, "a length of " + std::to_string(length_bytes) + " bytes");
  }
  column.binlog.metadata = static_cast<std::uint16_t>(length_bytes);
  column.length_bytes = static_cast<std::uint8_t>(length_bytes);
}

MappedColumn read_column(std::size_t index, std::uint8_t type, ByteReader& metadata) {
  namespace bt = schema::binlog_type;
  constexpr const char* kWhat = "the metadata";
  MappedColumn column;
  column.binlog.type = type;
  switch (type) {
    case bt::kTiny:
    case bt::kYear: column.size = 1; break;
    case bt::kShort: column.size = 2; break;
    case bt::kInt24:
    case bt::kDate:
    case bt::kNewDate: column.size = 3; break;
    case bt::kLong: column.size = 4; break;
    case bt::kLongLong: column.size = 8; break;
    case bt::kTime:
    case bt::kTimestamp:
    case bt::kDateTime: break;  // not told; set_fraction()
    case bt::kFloat: read_float(index, 4, metadata.u8(kWhat), column); break;
    case bt::kDouble: read_float(index, 8, metadata.u8(kWhat), column); break;
    case bt::kTime2: read_fraction(index, 3, metadata.u8(kWhat), column); break;
    case bt::kTimestamp2: read_fraction(index, 4, metadata.u8(kWhat), column); break;
    case bt::kDateTime2: read_fraction(index, 5, metadata.u8(kWhat), column); break;
    case bt::kVarchar:
    case bt::kVarString:
    case bt::kVarcharCompressed:
      column.binlog.metadata = metadata.u16(kWhat);
      column.length_bytes = column.binlog.metadata > 255 ? 2 : 1;
      break;
    case bt::kBit:
    case bt::kNewDecimal:
    case bt::kEnum:
    case bt::kSet:
    case bt::kString: {
      const unsigned first = metadata.u8(kWhat);
      const unsigned second = metadata.u8(kWhat);
      if (type == bt::kBit) {
        read_bit(index, first, second, column);
      } else if (type == bt::kNewDecimal) {
        read_decimal(index, first, second, column);
      } else {
        read_string(index, first, second, column);
      }
      break;
    }
    case bt::kTinyBlob:
    case bt::kMediumBlob:
    case bt::kLongBlob:
    case bt::kBlob:
    case bt::kBlobCompressed:
    case bt::kGeometry: read_blob(index, metadata.u8(kWhat), column); break;
    default: refuse(index, "the type " + std::to_string(type) + ", which MariaDB doesn't write");
  }
  return column;
}

}  // namespace

void set_fraction(MappedColumn& column, int digits) {
  namespace bt = schema::binlog_type;
  using Sizes = std::array<std::uint8_t, 7>;
  constexpr Sizes kTimestamp{4, 5, 5, 6, 6, 7, 7};
  constexpr Sizes kTime{3, 4, 4, 5, 5, 5, 6};
  constexpr Sizes kDateTime{8, 6, 6, 7, 7, 7, 8};
  const auto at = static_cast<std::size_t>(digits);
  if (at >= kTime.size()) {
    throw Error(ErrorKind::internal, "a fraction of " + std::to_string(digits) + " digits");
  }
  switch (column.binlog.type) {
    case bt::kTimestamp: column.size = kTimestamp[at]; break;
    case bt::kTime: column.size = kTime[at]; break;
    case bt::kDateTime: column.size = kDateTime[at]; break;
    default: break;
  }
}

ColumnMap make_column_map(const TableMapEvent& event) {
  ColumnMap map;
  map.columns.reserve(event.column_count());
  ByteReader metadata(event.metadata);
  for (std::size_t i = 0; i < event.column_count(); ++i) {
    MappedColumn column = read_column(i, std::to_integer<std::uint8_t>(event.types[i]), metadata);
    column.nullable = ((std::to_integer<unsigned>(event.null_bits[i / 8]) >> (i % 8)) & 1U) != 0;
    map.columns.push_back(column);
  }
  metadata.expect_end();
  apply_signedness(event, map);
  return map;
}

}  // namespace godwit::capture
