// Codecs of row images as TABLE_MAP describes made-up columns, and what becomes of a value.
#pragma once

#include <string>

#include "codec_wire.hpp"
#include "support/binlog_wire.hpp"

namespace godwit::test {

inline schema::ColumnCodec binlog_codec(const mariadb::Column& of, schema::TargetForm form,
                                        const schema::Policies& policies = {},
                                        const mariadb::CharsetPtr& charset = nullptr) {
  return schema::make_binlog_codec(of, logged_as(of), form, policies, charset);
}

/// The field in hexadecimal, or the refusal's name.
inline std::string outcome(const schema::ColumnCodec& of, const std::string& wire) {
  const std::string refusal = refusal_of(of, wire);
  return refusal.empty() ? encode(of, wire).field : refusal;
}

/// The same without blanks, if it is hexadecimal.
inline std::string expected(const std::string& field) {
  return field.find_first_not_of("0123456789abcdef ") == std::string::npos ? hex(unhex(field))
                                                                           : field;
}

inline std::string show(const schema::ColumnCodec& of, const std::string& wire) {
  return schema::display(of, {reinterpret_cast<const std::byte*>(wire.data()), wire.size()});
}

}  // namespace godwit::test
