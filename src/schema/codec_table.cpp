// The table of codecs: which reader meets which writer. The reader of another wire format (binlog
// row images, the reverse path) gets a table of its own with the same writers.
#include <algorithm>
#include <array>

#include "codec_read_binary.hpp"
#include "codec_text.hpp"
#include "codec_write_copy.hpp"
#include "godwit/core/error.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema {
namespace {

using mariadb::ColumnType;

// How a column's values look on the wire; finer than its type.
enum class Wire {
  int8,
  uint8,
  int16,
  uint16,
  int24,
  uint24,
  int32,
  uint32,
  int64,
  uint64,
  decimal,
  float4,
  float8,
  bit,
  year,
  date,
  datetime,
  time,
  text,
  label,
  member_number,
  member_mask,
  fixed_bytes,
  bytes,
  geometry,
  uuid,
  inet4,
  inet6,
};

struct Entry {
  Wire wire;
  TargetForm target;
  EncodeFunction encode;
};

template <class Reader, class Writer>
void encode_value(const ColumnCodec& codec, mariadb::RawValue raw, CopyBuffer& out,
                  PolicyCounts& counts) {
  if (raw.is_null()) {
    out.put_null();
  } else {
    Writer::write(codec, Reader::read(codec, raw), out, counts);
  }
}

template <class Reader, class Writer>
constexpr Entry entry(Wire wire, TargetForm target) {
  return {wire, target, &encode_value<Reader, Writer>};
}

namespace r = read_binary;
namespace w = write_copy;

template <class Reader>
constexpr std::array<Entry, 5> integer_entries(Wire wire) {
  return {entry<Reader, w::Int<std::int16_t>>(wire, TargetForm::int2),
          entry<Reader, w::Int<std::int32_t>>(wire, TargetForm::int4),
          entry<Reader, w::Int<std::int64_t>>(wire, TargetForm::int8),
          entry<Reader, w::Numeric>(wire, TargetForm::numeric),
          entry<Reader, w::Boolean>(wire, TargetForm::boolean)};
}

constexpr std::array kIntegers{
    integer_entries<r::Integer<std::int8_t>>(Wire::int8),
    integer_entries<r::Integer<std::uint8_t>>(Wire::uint8),
    integer_entries<r::Integer<std::int16_t>>(Wire::int16),
    integer_entries<r::Integer<std::uint16_t>>(Wire::uint16),
    integer_entries<r::Mediumint>(Wire::int24),
    integer_entries<r::MediumintUnsigned>(Wire::uint24),
    integer_entries<r::Integer<std::int32_t>>(Wire::int32),
    integer_entries<r::Integer<std::uint32_t>>(Wire::uint32),
    integer_entries<r::Integer<std::int64_t>>(Wire::int64),
    integer_entries<r::Integer<std::uint64_t>>(Wire::uint64),
    integer_entries<r::Year>(Wire::year),
};

constexpr std::array kOthers{
    entry<r::Decimal, w::Numeric>(Wire::decimal, TargetForm::numeric),
    entry<r::Float, w::Float4>(Wire::float4, TargetForm::float4),
    entry<r::FloatAsDouble, w::Float8>(Wire::float4, TargetForm::float8),
    entry<r::Double, w::Float8>(Wire::float8, TargetForm::float8),
    entry<r::Bit, w::Bit>(Wire::bit, TargetForm::bit),
    entry<r::BitNumber, w::Boolean>(Wire::bit, TargetForm::boolean),

    entry<r::Date, w::Date>(Wire::date, TargetForm::date),
    entry<r::Date, w::Text>(Wire::date, TargetForm::text),
    entry<r::DateTime, w::Timestamp>(Wire::datetime, TargetForm::timestamp),
    entry<r::DateTime, w::Timestamp>(Wire::datetime, TargetForm::timestamptz),
    entry<r::DateTime, w::Text>(Wire::datetime, TargetForm::text),
    entry<r::Time, w::Interval>(Wire::time, TargetForm::interval),
    entry<r::Time, w::Time>(Wire::time, TargetForm::time),
    entry<r::Time, w::Text>(Wire::time, TargetForm::text),

    entry<r::Text, w::Text>(Wire::text, TargetForm::text),
    entry<r::Text, w::Jsonb>(Wire::text, TargetForm::jsonb),
    entry<r::Text, w::TextArray>(Wire::text, TargetForm::text_array),
    entry<r::Text, w::Bytea>(Wire::text, TargetForm::bytea),
    entry<r::Label, w::Text>(Wire::label, TargetForm::text),
    entry<r::MemberNumber, w::Text>(Wire::member_number, TargetForm::text),
    entry<r::MemberMask, w::Text>(Wire::member_mask, TargetForm::text),
    entry<r::MemberMask, w::TextArray>(Wire::member_mask, TargetForm::text_array),

    entry<r::FixedBytes, w::Bytea>(Wire::fixed_bytes, TargetForm::bytea),
    entry<r::Bytes, w::Bytea>(Wire::bytes, TargetForm::bytea),
    entry<r::Geometry, w::Bytea>(Wire::geometry, TargetForm::bytea),
    entry<r::Uuid, w::Uuid>(Wire::uuid, TargetForm::uuid),
    entry<r::Inet4, w::Inet>(Wire::inet4, TargetForm::inet),
    entry<r::Inet6, w::Inet>(Wire::inet6, TargetForm::inet),
};

Wire wire_of(const mariadb::Column& column) {
  const bool plus = column.is_unsigned;
  switch (column.type) {
    case ColumnType::tinyint: return plus ? Wire::uint8 : Wire::int8;
    case ColumnType::smallint: return plus ? Wire::uint16 : Wire::int16;
    case ColumnType::mediumint: return plus ? Wire::uint24 : Wire::int24;
    case ColumnType::integer: return plus ? Wire::uint32 : Wire::int32;
    case ColumnType::bigint: return plus ? Wire::uint64 : Wire::int64;
    case ColumnType::decimal: return Wire::decimal;
    case ColumnType::float_: return Wire::float4;
    case ColumnType::double_: return Wire::float8;
    case ColumnType::bit: return Wire::bit;
    case ColumnType::year: return Wire::year;
    case ColumnType::date: return Wire::date;
    case ColumnType::time: return Wire::time;
    case ColumnType::datetime:
    case ColumnType::timestamp: return Wire::datetime;
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::json: return Wire::text;
    case ColumnType::binary: return Wire::fixed_bytes;
    case ColumnType::varbinary:
    case ColumnType::blob: return Wire::bytes;
    case ColumnType::enum_: return reads_by_number(column) ? Wire::member_number : Wire::label;
    case ColumnType::set: return reads_by_number(column) ? Wire::member_mask : Wire::text;
    case ColumnType::uuid: return Wire::uuid;
    case ColumnType::inet4: return Wire::inet4;
    case ColumnType::inet6: return Wire::inet6;
    case ColumnType::geometry: return Wire::geometry;
  }
  throw Error(ErrorKind::internal, "a column type without a wire form");
}

EncodeFunction find_encode(Wire wire, TargetForm target) {
  const auto is_it = [&](const Entry& candidate) {
    return candidate.wire == wire && candidate.target == target;
  };
  for (const auto& entries : kIntegers) {
    const auto* const found = std::find_if(entries.begin(), entries.end(), is_it);
    if (found != entries.end()) return found->encode;
  }
  const auto* const found = std::find_if(kOthers.begin(), kOthers.end(), is_it);
  return found == kOthers.end() ? nullptr : found->encode;
}

}  // namespace

bool has_codec(const mariadb::Column& column, TargetForm target) {
  return find_encode(wire_of(column), target) != nullptr;
}

ColumnCodec make_codec(const mariadb::Column& column, TargetForm target, const Policies& policies,
                       mariadb::CharsetPtr charset) {
  ColumnCodec codec;
  codec.encode = find_encode(wire_of(column), target);
  if (codec.encode == nullptr) {
    throw Error(ErrorKind::rejected, "column " + column.name + " of type " + column.declared_type +
                                         " can't be copied as " + std::string(name(target)));
  }
  codec.source = column.type;
  codec.target = target;
  codec.policies = policies;
  codec.is_unsigned = column.is_unsigned;
  codec.by_number = reads_by_number(column);
  codec.ascii_is_utf8 = charset != nullptr && ascii_is_utf8(*charset);
  codec.scale = column.scale;
  codec.fraction = column.fraction;
  codec.length = static_cast<std::uint32_t>(column.length);
  codec.charset = std::move(charset);
  codec.members = column.members;
  return codec;
}

}  // namespace godwit::schema
