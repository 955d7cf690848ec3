// The readers that source_column() chooses from, by kind of source type.
#pragma once

#include <span>

#include "source_column.hpp"

namespace godwit::verify {

using SourceValues = std::span<const mariadb::RawValue>;

// source_numbers.cpp
void read_integer(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_decimal(const SourceColumn&, SourceValues, Scratch&, Cell&);
/// Value, and 1 instead of NULL when it is -0.0.
void read_float(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_double(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_bit(const SourceColumn&, SourceValues, Scratch&, Cell&);

// source_temporals.cpp
void read_datetime(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_time(const SourceColumn&, SourceValues, Scratch&, Cell&);

// source_texts.cpp
void read_bytes(const SourceColumn&, SourceValues, Scratch&, Cell&);
/// Bytes that are UTF-8 already.
void read_utf8(const SourceColumn&, SourceValues, Scratch&, Cell&);
/// Value converted to UTF-8, whether it converts back to the same bytes, and its own bytes (these
/// always under invalid_text: replacement, else when it doesn't).
void read_converted(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_enum(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_set(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_uuid(const SourceColumn&, SourceValues, Scratch&, Cell&);
void read_inet(const SourceColumn&, SourceValues, Scratch&, Cell&);

/// Little-endian integer of 1, 2, 4 or 8 bytes; false for any other size.
bool load_integer(const mariadb::RawValue& value, bool is_unsigned, Integer& out);

inline std::string_view text_of(const mariadb::RawValue& value) {
  return {reinterpret_cast<const char*>(value.data), value.size};
}

}  // namespace godwit::verify
