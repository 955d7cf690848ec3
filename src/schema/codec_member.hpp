// Values of ENUM and SET: the error value, lists and arrays of members.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "godwit/schema/codec.hpp"

namespace godwit::schema {

/// An ENUM or SET with a member '' is read by number: its text doesn't tell that member from the
/// error value or the empty set.
bool reads_by_number(const mariadb::Column& column);

/// Bytes of UTF-8 that a character of the charset takes at most.
std::uint64_t utf8_bytes_per_character(const std::string& charset);
/// MariaDB's catalog shows characters above U+FFFF as '?': whether a member's name may hold one.
bool may_mask_members(const mariadb::Column& column);

/// The policy for an ENUM's error value, and for what a comma-separated text can't tell apart.
void write_invalid_member(const ColumnCodec& codec, CopyBuffer& out, PolicyCounts& counts);

/// A SET as a comma-separated text, as the server prints it. The set that holds only the member ''
/// would read as the empty set: the policy for invalid members decides.
void write_member_list(const ColumnCodec& codec, std::uint64_t mask, CopyBuffer& out,
                       PolicyCounts& counts);

/// The same as text[].
void write_array_of_mask(const ColumnCodec& codec, std::uint64_t mask, CopyBuffer& out,
                         PolicyCounts& counts);
/// A comma-separated list as text[]; members never hold a comma. The empty text is the empty set.
void write_array_of_list(std::string_view list, CopyBuffer& out);

/// The comma-separated names of a SET's members; allocates.
std::string member_list(const ColumnCodec& codec, std::uint64_t mask);

}  // namespace godwit::schema
