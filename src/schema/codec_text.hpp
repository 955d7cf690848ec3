// Text on its way to PostgreSQL: from the column's charset to UTF-8 without U+0000, or refused, or
// changed by the column's policy.
#pragma once

#include <string_view>

#include "godwit/schema/codec.hpp"
#include "utf8_scan.hpp"

namespace godwit::schema {

/// PostgreSQL allocates at most this for one value or one row, headers included.
inline constexpr std::size_t kAllocationMax = 0x3fffffff;
/// The longest field: a value's four bytes of length come on top.
inline constexpr std::size_t kFieldBytesMax = kAllocationMax - 4;

[[noreturn]] inline void refuse(Refusal refusal) { throw ValueRefused(refusal); }

inline void refuse_above_limit(std::size_t size) {
  if (size > kFieldBytesMax) [[unlikely]]
    refuse(Refusal::too_large);
}

inline void count(PolicyCounts& counts, Refusal refusal) {
  ++counts[static_cast<std::size_t>(refusal)];
}

/// The text as UTF-8 that PostgreSQL takes: the bytes themselves, or a buffer of this thread that
/// the next call on it overwrites. Throws ValueRefused.
std::string_view storable_text(const ColumnCodec& codec, std::string_view bytes,
                               PolicyCounts& counts);

/// The same for messages: what can't be shown becomes U+FFFD, nothing is refused or counted.
std::string displayable_text(const ColumnCodec& codec, std::string_view bytes);

inline void put_bytes_field(std::string_view bytes, CopyBuffer& out) {
  refuse_above_limit(bytes.size());
  out.put_field(bytes.data(), bytes.size());
}

inline void put_text_field(const ColumnCodec& codec, std::string_view bytes, CopyBuffer& out,
                           PolicyCounts& counts) {
  if (codec.ascii_is_utf8 && utf8_scan::is_plain_ascii(bytes)) [[likely]] {
    put_bytes_field(bytes, out);
  } else {
    put_bytes_field(storable_text(codec, bytes, counts), out);
  }
}

/// Whether ASCII bytes are the same text in this charset as in UTF-8 (they are not in sjis-like,
/// national 7-bit and wide charsets).
bool ascii_is_utf8(const mariadb::Charset& charset);

}  // namespace godwit::schema
