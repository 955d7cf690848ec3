#include "codec_binlog_type.hpp"
#include "codec_member.hpp"
#include "codec_read_binlog.hpp"
#include "codec_read_binlog_time.hpp"
#include "codec_table.hpp"
#include "godwit/core/error.hpp"

namespace godwit::schema {
namespace {

namespace l = read_binlog;
namespace r = read_binary;

struct RowImages {
  using Int8 = r::Integer<std::int8_t>;
  using UInt8 = r::Integer<std::uint8_t>;
  using Int16 = r::Integer<std::int16_t>;
  using UInt16 = r::Integer<std::uint16_t>;
  using Int24 = l::Mediumint;
  using UInt24 = l::MediumintUnsigned;
  using Int32 = r::Integer<std::int32_t>;
  using UInt32 = r::Integer<std::uint32_t>;
  using Int64 = r::Integer<std::int64_t>;
  using UInt64 = r::Integer<std::uint64_t>;
  using Year = l::Year;
  using Decimal = l::Decimal;
  using Float = l::Float;
  using Double = r::Double;
  using Bit = r::Bit;
  using Date = l::Date;
  using DateTime = l::DateTime;
  using Timestamp = l::Timestamp;
  using Time = l::Time;
  using Text = r::Text;
  // ENUM and SET are logged as numbers, whichever way the snapshot selects them
  using Label = l::MemberNumber;
  using MemberNumber = l::MemberNumber;
  using MemberList = l::MemberMask;
  using MemberMask = l::MemberMask;
  using FixedBytes = l::FixedBytes;
  using Bytes = r::Bytes;
  using Geometry = r::Geometry;
  using Uuid = l::Uuid;
  using Inet4 = l::Inet<4>;
  using Inet6 = l::Inet<16>;
};

}  // namespace

ColumnCodec make_binlog_codec(const mariadb::Column& column, const BinlogColumn& wire,
                              TargetForm target, const Policies& policies,
                              mariadb::CharsetPtr charset) {
  using enum mariadb::ColumnType;
  ColumnCodec codec = describe_codec(find_entry<RowImages>(wire_of(column), target), column, target,
                                     policies, std::move(charset));
  if (!is_logged_as(column, wire)) {
    throw Error(ErrorKind::source,
                "column " + column.name + " is " + column.declared_type +
                    " in the catalog, but the binlog has it as " + describe(wire),
                "the table was altered between the two: copy the tenant again");
  }
  // the snapshot reads the names from the rows, the binlog has numbers only
  if (may_mask_members(column)) {
    throw Error(ErrorKind::source,
                "column " + column.name + " is " + column.declared_type +
                    ": a '?' among its members may stand for a character that the catalog can't "
                    "show, and the binlog has their numbers only",
                "rename the member on the source, or copy the tenant without following it");
  }
  codec.wire = wire;
  if (column.type == year) codec.length = column.declared_type == "year(2)" ? 2 : 4;
  if ((column.type == enum_ || column.type == set) && codec.charset != nullptr &&
      codec.charset->form() != mariadb::CharsetForm::binary) {
    // The members' names are in UTF-8; those of a binary column are no text, and refused by it.
    codec.charset = nullptr;
    codec.ascii_is_utf8 = true;
  }
  return codec;
}

}  // namespace godwit::schema
