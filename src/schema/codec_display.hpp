// Values for people, in messages about one row; printable, cut at 60 characters.
#pragma once

#include <string>

#include "codec_value.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema {

template <class Int>
std::string shown(const ColumnCodec&, value::Integer<Int> value) {
  return std::to_string(value.number);
}
std::string shown(const ColumnCodec& codec, value::Float4 value);
std::string shown(const ColumnCodec& codec, value::Float8 value);
std::string shown(const ColumnCodec& codec, value::Decimal value);
std::string shown(const ColumnCodec& codec, const value::DecimalDigits& value);
std::string shown(const ColumnCodec& codec, value::Bits value);
std::string shown(const ColumnCodec& codec, value::Date value);
std::string shown(const ColumnCodec& codec, value::DateTime value);
std::string shown(const ColumnCodec& codec, value::Duration value);
std::string shown(const ColumnCodec& codec, value::Bytes value);
std::string shown(const ColumnCodec& codec, value::PaddedBytes value);
std::string shown(const ColumnCodec& codec, value::Text value);
std::string shown(const ColumnCodec& codec, value::Label value);
/// By its name; by its number where a member may be the empty text, which names nothing.
std::string shown(const ColumnCodec& codec, value::MemberNumber value);
std::string shown(const ColumnCodec& codec, value::MemberMask value);
std::string shown(const ColumnCodec& codec, const value::Uuid& value);
std::string shown(const ColumnCodec& codec, const value::Address& value);

}  // namespace godwit::schema
