#include "codec_table.hpp"

#include "codec_read_binary.hpp"
#include "codec_text.hpp"
#include "godwit/core/error.hpp"

namespace godwit::schema {
namespace {

using mariadb::ColumnType;
namespace r = read_binary;

struct ResultRows {
  using Int8 = r::Integer<std::int8_t>;
  using UInt8 = r::Integer<std::uint8_t>;
  using Int16 = r::Integer<std::int16_t>;
  using UInt16 = r::Integer<std::uint16_t>;
  using Int24 = r::Mediumint;
  using UInt24 = r::MediumintUnsigned;
  using Int32 = r::Integer<std::int32_t>;
  using UInt32 = r::Integer<std::uint32_t>;
  using Int64 = r::Integer<std::int64_t>;
  using UInt64 = r::Integer<std::uint64_t>;
  using Year = r::Year;
  using Decimal = r::Decimal;
  using Float = r::Float;
  using Double = r::Double;
  using Bit = r::Bit;
  using Date = r::Date;
  using DateTime = r::DateTime;
  using Timestamp = r::DateTime;
  using Time = r::Time;
  using Text = r::Text;
  using Label = r::Label;
  using MemberNumber = r::MemberNumber;
  using MemberList = r::Text;
  using MemberMask = r::MemberMask;
  using FixedBytes = r::FixedBytes;
  using Bytes = r::Bytes;
  using Geometry = r::Geometry;
  using Uuid = r::Uuid;
  using Inet4 = r::Inet4;
  using Inet6 = r::Inet6;
};

}  // namespace

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
    case ColumnType::datetime: return Wire::datetime;
    case ColumnType::timestamp: return Wire::timestamp;
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::json: return Wire::text;
    case ColumnType::binary: return Wire::fixed_bytes;
    case ColumnType::varbinary:
    case ColumnType::blob: return Wire::bytes;
    case ColumnType::enum_: return reads_by_number(column) ? Wire::member_number : Wire::label;
    case ColumnType::set: return reads_by_number(column) ? Wire::member_mask : Wire::member_list;
    case ColumnType::uuid: return Wire::uuid;
    case ColumnType::inet4: return Wire::inet4;
    case ColumnType::inet6: return Wire::inet6;
    case ColumnType::geometry: return Wire::geometry;
  }
  throw Error(ErrorKind::internal, "a column type without a wire form");
}

ColumnCodec describe_codec(const CodecEntry* entry, const mariadb::Column& column,
                           TargetForm target, const Policies& policies,
                           mariadb::CharsetPtr charset) {
  if (entry == nullptr) {
    throw Error(ErrorKind::rejected, "column " + column.name + " of type " + column.declared_type +
                                         " can't be copied as " + std::string(name(target)));
  }
  ColumnCodec codec;
  codec.encode = entry->encode;
  codec.show = entry->show;
  codec.source = column.type;
  codec.target = target;
  codec.policies = policies;
  codec.is_unsigned = column.is_unsigned;
  codec.by_number = reads_by_number(column);
  if (codec.by_number) charset = nullptr;  // what is written are the members' names, in UTF-8
  codec.ascii_is_utf8 = codec.by_number || (charset != nullptr && ascii_is_utf8(*charset));
  codec.scale = column.scale;
  codec.fraction = column.fraction;
  codec.length = static_cast<std::uint32_t>(column.length);
  codec.charset = std::move(charset);
  codec.members = column.members;
  return codec;
}

bool has_codec(const mariadb::Column& column, TargetForm target) {
  return find_entry<ResultRows>(wire_of(column), target) != nullptr;
}

ColumnCodec make_codec(const mariadb::Column& column, TargetForm target, const Policies& policies,
                       mariadb::CharsetPtr charset) {
  return describe_codec(find_entry<ResultRows>(wire_of(column), target), column, target, policies,
                        std::move(charset));
}

}  // namespace godwit::schema
