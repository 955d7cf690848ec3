// Which reader meets which writer: one list of pairs for every wire format. A format is a class
// that names its reader of each Wire; see codec_table.cpp (result rows) and codec_table_binlog.cpp
// (row images).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "codec_display.hpp"
#include "codec_write_copy.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema {

/// How a column's values look on the wire; finer than its type.
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
  timestamp,
  time,
  text,
  label,
  member_number,
  member_list,
  member_mask,
  fixed_bytes,
  bytes,
  geometry,
  uuid,
  inet4,
  inet6,
};

Wire wire_of(const mariadb::Column& column);

struct CodecEntry {
  Wire wire;
  TargetForm target;
  EncodeFunction encode;
  ShowFunction show;
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

template <class Reader>
std::string show_value(const ColumnCodec& codec, mariadb::RawValue raw) {
  return shown(codec, Reader::read(codec, raw));
}

/// `Shown` is the reader for people, where that isn't the writer's.
template <class Reader, class Writer, class Shown = Reader>
constexpr CodecEntry codec_entry(Wire wire, TargetForm target) {
  return {wire, target, &encode_value<Reader, Writer>, &show_value<Shown>};
}

/// Every float is a double, with the same sign of zero.
template <class Float>
struct AsDouble {
  static value::Float8 read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const auto number = std::bit_cast<float>(Float::read(codec, raw).bits);
    return {std::bit_cast<std::uint64_t>(static_cast<double>(number))};
  }
};

/// A BIT column as a number, for targets that count.
template <class Bit>
struct AsNumber {
  static value::Integer<std::uint64_t> read(const ColumnCodec& codec, mariadb::RawValue raw) {
    return {Bit::read(codec, raw).bits};
  }
};

template <class Reader>
constexpr std::array<CodecEntry, 5> integer_entries(Wire wire) {
  namespace w = write_copy;
  return {codec_entry<Reader, w::Int<std::int16_t>>(wire, TargetForm::int2),
          codec_entry<Reader, w::Int<std::int32_t>>(wire, TargetForm::int4),
          codec_entry<Reader, w::Int<std::int64_t>>(wire, TargetForm::int8),
          codec_entry<Reader, w::Numeric>(wire, TargetForm::numeric),
          codec_entry<Reader, w::Boolean>(wire, TargetForm::boolean)};
}

template <class Format>
constexpr auto integer_table() {
  using F = Format;
  return std::array{
      integer_entries<typename F::Int8>(Wire::int8),
      integer_entries<typename F::UInt8>(Wire::uint8),
      integer_entries<typename F::Int16>(Wire::int16),
      integer_entries<typename F::UInt16>(Wire::uint16),
      integer_entries<typename F::Int24>(Wire::int24),
      integer_entries<typename F::UInt24>(Wire::uint24),
      integer_entries<typename F::Int32>(Wire::int32),
      integer_entries<typename F::UInt32>(Wire::uint32),
      integer_entries<typename F::Int64>(Wire::int64),
      integer_entries<typename F::UInt64>(Wire::uint64),
      integer_entries<typename F::Year>(Wire::year),
  };
}

template <class Format>
constexpr auto other_table() {
  using F = Format;
  using Form = TargetForm;
  namespace w = write_copy;
  return std::array{
      codec_entry<typename F::Decimal, w::Numeric>(Wire::decimal, Form::numeric),
      codec_entry<typename F::Float, w::Float4>(Wire::float4, Form::float4),
      codec_entry<AsDouble<typename F::Float>, w::Float8, typename F::Float>(Wire::float4,
                                                                             Form::float8),
      codec_entry<typename F::Double, w::Float8>(Wire::float8, Form::float8),
      codec_entry<typename F::Bit, w::Bit>(Wire::bit, Form::bit),
      codec_entry<AsNumber<typename F::Bit>, w::Boolean>(Wire::bit, Form::boolean),

      codec_entry<typename F::Date, w::Date>(Wire::date, Form::date),
      codec_entry<typename F::Date, w::Text>(Wire::date, Form::text),
      codec_entry<typename F::DateTime, w::Timestamp>(Wire::datetime, Form::timestamp),
      codec_entry<typename F::DateTime, w::Timestamp>(Wire::datetime, Form::timestamptz),
      codec_entry<typename F::DateTime, w::Text>(Wire::datetime, Form::text),
      codec_entry<typename F::Timestamp, w::Timestamp>(Wire::timestamp, Form::timestamp),
      codec_entry<typename F::Timestamp, w::Timestamp>(Wire::timestamp, Form::timestamptz),
      codec_entry<typename F::Timestamp, w::Text>(Wire::timestamp, Form::text),
      codec_entry<typename F::Time, w::Interval>(Wire::time, Form::interval),
      codec_entry<typename F::Time, w::Time>(Wire::time, Form::time),
      codec_entry<typename F::Time, w::Text>(Wire::time, Form::text),

      codec_entry<typename F::Text, w::Text>(Wire::text, Form::text),
      codec_entry<typename F::Text, w::Jsonb>(Wire::text, Form::jsonb),
      codec_entry<typename F::Text, w::TextArray>(Wire::text, Form::text_array),
      codec_entry<typename F::Text, w::Bytea>(Wire::text, Form::bytea),
      codec_entry<typename F::Label, w::Text>(Wire::label, Form::text),
      codec_entry<typename F::MemberNumber, w::Text>(Wire::member_number, Form::text),
      codec_entry<typename F::MemberList, w::Text>(Wire::member_list, Form::text),
      codec_entry<typename F::MemberList, w::TextArray>(Wire::member_list, Form::text_array),
      codec_entry<typename F::MemberMask, w::Text>(Wire::member_mask, Form::text),
      codec_entry<typename F::MemberMask, w::TextArray>(Wire::member_mask, Form::text_array),

      codec_entry<typename F::FixedBytes, w::Bytea>(Wire::fixed_bytes, Form::bytea),
      codec_entry<typename F::Bytes, w::Bytea>(Wire::bytes, Form::bytea),
      codec_entry<typename F::Geometry, w::Bytea>(Wire::geometry, Form::bytea),
      codec_entry<typename F::Uuid, w::Uuid>(Wire::uuid, Form::uuid),
      codec_entry<typename F::Inet4, w::Inet>(Wire::inet4, Form::inet),
      codec_entry<typename F::Inet6, w::Inet>(Wire::inet6, Form::inet),
  };
}

/// nullptr: no such pair.
template <class Format>
const CodecEntry* find_entry(Wire wire, TargetForm target) {
  static constexpr auto kIntegers = integer_table<Format>();
  static constexpr auto kOthers = other_table<Format>();
  const auto is_it = [&](const CodecEntry& candidate) {
    return candidate.wire == wire && candidate.target == target;
  };
  for (const auto& entries : kIntegers) {
    const auto* const found = std::find_if(entries.begin(), entries.end(), is_it);
    if (found != entries.end()) return found;
  }
  const auto* const found = std::find_if(kOthers.begin(), kOthers.end(), is_it);
  return found == kOthers.end() ? nullptr : found;
}

/// A codec but for what only one of the formats needs. Throws Error(rejected) when `entry` is null.
ColumnCodec describe_codec(const CodecEntry* entry, const mariadb::Column& column,
                           TargetForm target, const Policies& policies,
                           mariadb::CharsetPtr charset);

}  // namespace godwit::schema
