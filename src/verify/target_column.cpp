#include "target_column.hpp"

#include "decimal.hpp"
#include "json_form.hpp"
#include "temporal.hpp"

namespace godwit::verify {

using schema::TargetForm;

namespace {

using Field = std::span<const std::byte>;

std::string_view raw_text(Field field) {
  return {reinterpret_cast<const char*>(field.data()), field.size()};
}

template <class Signed>
void read_integer(Field field, Scratch& scratch, Cell& cell) {
  using Unsigned = std::make_unsigned_t<Signed>;
  if (field.size() != sizeof(Signed)) return set_flaw(cell, "wrong integer size", raw_text(field));
  const auto value = static_cast<Signed>(load_big_endian<Unsigned>(field.data()));
  set_integer(cell, scratch, signed_integer(value));
}

template <void (*Set)(Cell&, Scratch&, Field)>
void read_with(Field field, Scratch& scratch, Cell& cell) {
  Set(cell, scratch, field);
}

void read_float4(Field field, Scratch& scratch, Cell& cell) {
  if (field.size() != sizeof(float)) return set_flaw(cell, "not a real", raw_text(field));
  set_float4(cell, scratch, load_big_endian<std::uint32_t>(field.data()));
}

void read_float8(Field field, Scratch& scratch, Cell& cell) {
  if (field.size() != sizeof(double)) {
    return set_flaw(cell, "not a double precision", raw_text(field));
  }
  set_float8(cell, scratch, load_big_endian<std::uint64_t>(field.data()));
}

void read_boolean(Field field, Scratch& scratch, Cell& cell) {
  if (field.size() != 1) return set_flaw(cell, "not a boolean", raw_text(field));
  set_integer(cell, scratch, {field[0] == std::byte{0} ? 0U : 1U, false});
}

/// int32 number of bits, then the bits from the highest bit of the first byte on.
void read_bit(Field field, Scratch& scratch, Cell& cell) {
  constexpr std::size_t kHeader = 4;
  constexpr std::uint32_t kBitsMax = 64;
  if (field.size() < kHeader) return set_flaw(cell, "not a bit string", raw_text(field));
  const auto count = load_big_endian<std::uint32_t>(field.data());
  if (count > kBitsMax || field.size() != kHeader + (count + 7) / 8) {
    return set_flaw(cell, "more than 64 bits", raw_text(field));
  }
  std::uint64_t bits = 0;
  for (const std::byte byte : field.subspan(kHeader)) {
    bits = bits << 8U | std::to_integer<std::uint64_t>(byte);
  }
  bits >>= (8 - count % 8) % 8;
  set_bits(cell, scratch, bits, static_cast<std::uint8_t>(count));
}

void read_bytes(Field field, Scratch&, Cell& cell) { set_view(cell, field.data(), field.size()); }

void read_jsonb(Field field, Scratch& scratch, Cell& cell) {
  constexpr std::byte kVersion{1};
  if (field.empty() || field[0] != kVersion) return set_flaw(cell, "not a jsonb", raw_text(field));
  cell.shown = raw_text(field.subspan(1));
  if (!canonical_json(cell.shown, scratch.form)) return set_flaw(cell, "not a jsonb", cell.shown);
  set_view(cell, scratch.form);
}

/// int32 dimensions, flags, element type; per dimension int32 length, lower bound; per element
/// int32 length and its bytes.
void read_text_array(Field field, Scratch& scratch, Cell& cell) {
  constexpr std::size_t kHeader = 12;
  constexpr std::size_t kDimension = 8;
  constexpr std::size_t kSize = 4;
  const std::string_view raw = raw_text(field);
  scratch.bytes.clear();
  if (field.size() < kHeader) return set_flaw(cell, "not an array", raw);
  const auto dimensions = load_big_endian<std::uint32_t>(field.data());
  if (dimensions == 0) return set_view(cell, scratch.bytes);
  if (dimensions != 1 || field.size() < kHeader + kDimension ||
      load_big_endian<std::uint32_t>(&field[kHeader + 4]) != 1) {
    return set_flaw(cell, "not an array of one dimension from 1", raw);
  }
  field = field.subspan(kHeader + kDimension);
  while (field.size() >= kSize) {
    const auto size = load_big_endian<std::uint32_t>(field.data());
    field = field.subspan(kSize);
    if (size > field.size()) return set_flaw(cell, "an array with NULL", raw);
    append_element(scratch, raw_text(field.first(size)));
    field = field.subspan(size);
  }
  set_view(cell, scratch.bytes);
}

void read_uuid(Field field, Scratch&, Cell& cell) {
  constexpr std::size_t kSize = 16;
  if (field.size() != kSize) return set_flaw(cell, "not a uuid", raw_text(field));
  set_view(cell, field.data(), field.size());
}

/// Bytes: family (2: IPv4, 3: IPv6), bits of the netmask, is_cidr, address length, address.
void read_inet(Field field, Scratch& scratch, Cell& cell) {
  constexpr std::size_t kHeader = 4;
  if (field.size() != kHeader + 4 && field.size() != kHeader + 16) {
    return set_flaw(cell, "not an inet", raw_text(field));
  }
  set_inet(cell, scratch, field.subspan(kHeader), std::to_integer<std::uint8_t>(field[1]),
           std::to_integer<std::uint8_t>(field[2]));
}

// Object ids of built-in types, fixed in PostgreSQL's pg_type.dat.
enum class TypeOid : std::uint32_t {
  boolean = 16,
  bytea = 17,
  int8 = 20,
  int2 = 21,
  int4 = 23,
  text = 25,
  json = 114,
  float4 = 700,
  float8 = 701,
  inet = 869,
  text_array = 1009,
  varchar_array = 1015,
  bpchar = 1042,
  varchar = 1043,
  date = 1082,
  time = 1083,
  timestamp = 1114,
  timestamptz = 1184,
  interval = 1186,
  bit = 1560,
  varbit = 1562,
  numeric = 1700,
  uuid = 2950,
  jsonb = 3802,
};

}  // namespace

ReadTarget target_reader(TargetForm form) {
  switch (form) {
    case TargetForm::int2: return read_integer<std::int16_t>;
    case TargetForm::int4: return read_integer<std::int32_t>;
    case TargetForm::int8: return read_integer<std::int64_t>;
    case TargetForm::numeric: return read_with<set_numeric>;
    case TargetForm::float4: return read_float4;
    case TargetForm::float8: return read_float8;
    case TargetForm::boolean: return read_boolean;
    case TargetForm::bit: return read_bit;
    case TargetForm::date: return read_with<set_target_date>;
    case TargetForm::timestamp:
    case TargetForm::timestamptz: return read_with<set_target_timestamp>;
    case TargetForm::time: return read_with<set_target_time>;
    case TargetForm::interval: return read_with<set_target_interval>;
    case TargetForm::text:
    case TargetForm::bytea: return read_bytes;
    case TargetForm::jsonb: return read_jsonb;
    case TargetForm::text_array: return read_text_array;
    case TargetForm::uuid: return read_uuid;
    case TargetForm::inet: return read_inet;
  }
  return read_bytes;
}

bool sends_form(std::uint32_t type_oid, char category, TargetForm form) {
  const auto type = static_cast<TypeOid>(type_oid);
  switch (form) {
    case TargetForm::int2: return type == TypeOid::int2;
    case TargetForm::int4: return type == TypeOid::int4;
    case TargetForm::int8: return type == TypeOid::int8;
    case TargetForm::numeric: return type == TypeOid::numeric;
    case TargetForm::float4: return type == TypeOid::float4;
    case TargetForm::float8: return type == TypeOid::float8;
    case TargetForm::boolean: return type == TypeOid::boolean;
    case TargetForm::bit: return type == TypeOid::bit || type == TypeOid::varbit;
    case TargetForm::date: return type == TypeOid::date;
    case TargetForm::timestamp: return type == TypeOid::timestamp;
    case TargetForm::timestamptz: return type == TypeOid::timestamptz;
    case TargetForm::time: return type == TypeOid::time;
    case TargetForm::interval: return type == TypeOid::interval;
    case TargetForm::text:
      return type == TypeOid::text || type == TypeOid::varchar || type == TypeOid::bpchar ||
             type == TypeOid::json || category == 'E';
    case TargetForm::jsonb: return type == TypeOid::jsonb;
    case TargetForm::text_array:
      return type == TypeOid::text_array || type == TypeOid::varchar_array;
    case TargetForm::bytea: return type == TypeOid::bytea;
    case TargetForm::uuid: return type == TypeOid::uuid;
    case TargetForm::inet: return type == TypeOid::inet;
  }
  return false;
}

}  // namespace godwit::verify
