// The optional part of TABLE_MAP: fields of a type byte, a packed length and a value each.
// Format: https://mariadb.com/kb/en/table_map_event/#optional-metadata-block
#include <algorithm>
#include <string>
#include <vector>

#include "byte_reader.hpp"
#include "column_signs.hpp"
#include "godwit/capture/column_map.hpp"

namespace godwit::capture {
namespace {

/// Of an ENUM. https://mariadb.com/kb/en/enum/
constexpr std::uint64_t kMembersMax = 65'535;

enum class Field : std::uint8_t {
  signedness = 1,
  default_charset = 2,
  column_charset = 3,
  column_name = 4,
  set_values = 5,
  enum_values = 6,
  geometry_type = 7,
  primary_key = 8,
  primary_key_with_prefix = 9,
  enum_and_set_default_charset = 10,
  enum_and_set_column_charset = 11,
};

constexpr const char* kWhat = "the optional metadata";

/// Numbers in the server's sense, which has YEAR among them.
bool is_number(std::uint8_t type) {
  namespace bt = schema::binlog_type;
  switch (type) {
    case bt::kTiny:
    case bt::kShort:
    case bt::kInt24:
    case bt::kLong:
    case bt::kLongLong:
    case bt::kFloat:
    case bt::kDouble:
    case bt::kYear:
    case bt::kNewDecimal: return true;
    default: return false;
  }
}

bool is_enum(std::uint8_t type) { return type == schema::binlog_type::kEnum; }

bool is_set(std::uint8_t type) { return type == schema::binlog_type::kSet; }

bool is_enum_or_set(std::uint8_t type) { return is_enum(type) || is_set(type); }

/// What has a collation besides ENUM and SET: all strings and geometries, with `binary` too.
bool is_text(std::uint8_t type) {
  namespace bt = schema::binlog_type;
  switch (type) {
    case bt::kVarchar:
    case bt::kVarcharCompressed:
    case bt::kVarString:
    case bt::kString:
    case bt::kTinyBlob:
    case bt::kMediumBlob:
    case bt::kLongBlob:
    case bt::kBlob:
    case bt::kBlobCompressed:
    case bt::kGeometry: return true;
    default: return false;
  }
}

using TypeTest = bool (*)(std::uint8_t);

/// The columns that a field speaks of, in their order.
std::vector<std::size_t> columns_that(TypeTest test, const ColumnMap& map) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    if (test(map.columns[i].binlog.type)) chosen.push_back(i);
  }
  return chosen;
}

std::uint16_t read_collation(ByteReader& reader) {
  const std::uint64_t number = reader.packed("a collation");
  if (number > 0xFFFF) malformed("the collation number " + std::to_string(number));
  return static_cast<std::uint16_t>(number);
}

/// One for all, then pairs of an index among these columns and another collation.
void read_default_collation(ByteReader reader, const std::vector<std::size_t>& columns,
                            std::vector<std::uint16_t>& collations) {
  const std::uint16_t common = read_collation(reader);
  for (const std::size_t column : columns)
    collations[column] = common;
  while (!reader.at_end()) {
    const std::uint64_t index = reader.packed(kWhat);
    const std::uint16_t other = read_collation(reader);
    if (index >= columns.size()) {
      malformed("a collation for text column " + std::to_string(index) + " of " +
                std::to_string(columns.size()));
    }
    collations[columns[static_cast<std::size_t>(index)]] = other;
  }
}

void read_collations(ByteReader reader, const std::vector<std::size_t>& columns,
                     std::vector<std::uint16_t>& collations) {
  for (const std::size_t column : columns)
    collations[column] = read_collation(reader);
  reader.expect_end();
}

void read_members(ByteReader reader, const std::vector<std::size_t>& columns,
                  std::vector<std::vector<std::string>>& members) {
  for (const std::size_t column : columns) {
    const std::uint64_t count = reader.packed("the number of members");
    if (count > std::min<std::uint64_t>(reader.remaining(), kMembersMax)) {
      malformed(std::to_string(count) + " members");
    }
    members[column].reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) {
      members[column].emplace_back(reader.text(reader.packed("a member"), "a member"));
    }
  }
  reader.expect_end();
}

void read_primary_key(ByteReader reader, std::size_t column_count, bool with_prefix,
                      std::vector<TableMetadata::KeyPart>& parts) {
  while (!reader.at_end()) {
    const std::uint64_t column = reader.packed("the primary key");
    const std::uint64_t prefix = with_prefix ? reader.packed("the primary key") : 0;
    if (column >= column_count || prefix > 0xFFFF'FFFFU) {
      malformed("a primary key on column " + std::to_string(column + 1));
    }
    parts.push_back({static_cast<std::size_t>(column), static_cast<std::uint32_t>(prefix)});
  }
}

void read_names(ByteReader reader, std::size_t column_count, std::vector<std::string>& names) {
  for (std::size_t i = 0; i < column_count; ++i) {
    names.emplace_back(reader.text(reader.packed("a column's name"), "a column's name"));
  }
  reader.expect_end();
}

void read_geometry_types(ByteReader reader, const ColumnMap& map,
                         std::vector<std::uint32_t>& types) {
  types.assign(map.columns.size(), 0);
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    if (map.columns[i].binlog.type != schema::binlog_type::kGeometry) continue;
    types[i] = reader.u8("a geometry type");  // a packed number, all below 251
  }
  reader.expect_end();
}

/// Calls `use` with the code and value of each field that it knows, which stand once at most.
template <class Use>
void for_each_field(const TableMapEvent& event, const Use& use) {
  constexpr auto kLast = static_cast<unsigned>(Field::enum_and_set_column_charset);
  unsigned seen = 0;
  ByteReader reader(event.optional_metadata);
  while (!reader.at_end()) {
    const unsigned code = reader.u8(kWhat);
    const std::uint64_t size = reader.packed(kWhat);
    const ByteReader value(reader.bytes(size, kWhat));
    if (code > kLast) continue;
    if (((seen >> code) & 1U) != 0)
      malformed("optional metadata " + std::to_string(code) + " twice");
    seen |= 1U << code;
    use(static_cast<Field>(code), value);
  }
}

}  // namespace

void apply_signedness(const TableMapEvent& event, ColumnMap& map) {
  for_each_field(event, [&](Field field, ByteReader reader) {
    if (field != Field::signedness) return;
    map.has_signedness = true;
    unsigned bits = 0;
    unsigned left = 0;  // of the byte read last, the highest bit first
    for (MappedColumn& column : map.columns) {
      if (!is_number(column.binlog.type)) continue;
      if (left == 0) {
        bits = reader.u8("the signs");
        left = 8;
      }
      column.is_unsigned = (bits & 0x80U) != 0;
      bits <<= 1U;
      --left;
    }
    reader.expect_end();
  });
}

TableMetadata read_table_metadata(const TableMapEvent& event, const ColumnMap& map) {
  TableMetadata metadata;
  const std::size_t count = map.columns.size();
  const auto collations = [&]() -> std::vector<std::uint16_t>& {
    metadata.collations.resize(count);
    return metadata.collations;
  };
  const auto members = [&]() -> std::vector<std::vector<std::string>>& {
    metadata.members.resize(count);
    return metadata.members;
  };
  for_each_field(event, [&](Field field, ByteReader value) {
    switch (field) {
      case Field::signedness: break;  // in the column map
      case Field::default_charset:
        read_default_collation(value, columns_that(is_text, map), collations());
        break;
      case Field::column_charset:
        read_collations(value, columns_that(is_text, map), collations());
        break;
      case Field::enum_and_set_default_charset:
        read_default_collation(value, columns_that(is_enum_or_set, map), collations());
        break;
      case Field::enum_and_set_column_charset:
        read_collations(value, columns_that(is_enum_or_set, map), collations());
        break;
      case Field::column_name: read_names(value, count, metadata.names); break;
      case Field::set_values: read_members(value, columns_that(is_set, map), members()); break;
      case Field::enum_values: read_members(value, columns_that(is_enum, map), members()); break;
      case Field::geometry_type: read_geometry_types(value, map, metadata.geometry_types); break;
      case Field::primary_key: read_primary_key(value, count, false, metadata.primary_key); break;
      case Field::primary_key_with_prefix:
        read_primary_key(value, count, true, metadata.primary_key);
        break;
    }
  });
  return metadata;
}

}  // namespace godwit::capture
