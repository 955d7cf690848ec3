#include "codec_member.hpp"

#include <algorithm>

#include "codec_text.hpp"

namespace godwit::schema {
namespace {

// The array's binary form (array_recv in PostgreSQL's src/backend/utils/adt/arrayfuncs.c): count of
// dimensions, flag for NULLs, the elements' type, then for each dimension its length and lower
// bound, then the elements as fields.
void put_array_head(std::int32_t elements, CopyBuffer& out) {
  constexpr std::int32_t kTextOid = 25;
  out.put_int(std::int32_t{elements == 0 ? 0 : 1});
  out.put_int(std::int32_t{0});
  out.put_int(kTextOid);
  if (elements == 0) return;
  out.put_int(elements);
  out.put_int(std::int32_t{1});
}

// Writes a length that is known only afterwards.
class LengthGuard {
 public:
  explicit LengthGuard(CopyBuffer& out) : out_(out), at_(out.size()) {
    out.put_int(std::int32_t{0});
  }
  void close() {
    const std::size_t size = out_.size() - at_ - sizeof(std::int32_t);
    refuse_above_limit(size);
    out_.patch_int32(at_, static_cast<std::int32_t>(size));
  }

 private:
  CopyBuffer& out_;
  std::size_t at_;
};

const std::string& lowest_member(const ColumnCodec& codec, std::uint64_t mask) {
  return codec.members[static_cast<std::size_t>(__builtin_ctzll(mask))];
}

// Whether the members' names can be stored as they are. Where not, the policies for text decide
// about the list as a whole, as they do where the server sends it. Only a charset that isn't text
// (binary) is kept for members that are written by number.
bool are_storable(const ColumnCodec& codec, std::uint64_t mask) {
  if (codec.charset != nullptr && !codec.charset->is_utf8()) return mask == 0;
  for (std::uint64_t left = mask; left != 0; left &= left - 1) {
    if (!is_storable(lowest_member(codec, left))) return false;
  }
  return true;
}

}  // namespace

std::uint64_t utf8_bytes_per_character(const std::string& charset) {
  if (charset == "ascii") return 1;
  const bool supplementary =
      charset == "utf8mb4" || charset.starts_with("utf16") || charset == "utf32";
  return supplementary ? 4 : 3;
}

bool may_mask_members(const mariadb::Column& column) {
  return utf8_bytes_per_character(column.charset) > 3 &&
         std::any_of(column.members.begin(), column.members.end(), [](const std::string& member) {
           return member.find('?') != std::string::npos;
         });
}

bool reads_by_number(const mariadb::Column& column) {
  using enum mariadb::ColumnType;
  return (column.type == enum_ || column.type == set) &&
         std::find(column.members.begin(), column.members.end(), "") != column.members.end();
}

void write_invalid_member(const ColumnCodec& codec, CopyBuffer& out, PolicyCounts& counts) {
  switch (codec.policies.invalid_enum) {
    case InvalidEnum::refuse: refuse(Refusal::invalid_enum);
    case InvalidEnum::empty: out.put_int(std::int32_t{0}); break;
    case InvalidEnum::null: out.put_null(); break;
  }
  count(counts, Refusal::invalid_enum);
}

void write_member_list(const ColumnCodec& codec, std::uint64_t mask, CopyBuffer& out,
                       PolicyCounts& counts) {
  if (!are_storable(codec, mask)) [[unlikely]] {
    put_bytes_field(storable_text(codec, member_list(codec, mask), counts), out);
    return;
  }
  LengthGuard length(out);
  const std::size_t start = out.size();
  bool first = true;
  for (std::uint64_t left = mask; left != 0; left &= left - 1) {
    const std::string& member = lowest_member(codec, left);
    if (!first) out.put_bytes(",", 1);
    out.put_bytes(member.data(), member.size());
    first = false;
  }
  if (mask != 0 && out.size() == start) {
    out.truncate(start - sizeof(std::int32_t));
    write_invalid_member(codec, out, counts);
    return;
  }
  length.close();
}

void write_array_of_mask(const ColumnCodec& codec, std::uint64_t mask, CopyBuffer& out,
                         PolicyCounts& counts) {
  if (!are_storable(codec, mask)) [[unlikely]] {
    write_array_of_list(storable_text(codec, member_list(codec, mask), counts), out);
    return;
  }
  LengthGuard length(out);
  put_array_head(__builtin_popcountll(mask), out);
  for (std::uint64_t left = mask; left != 0; left &= left - 1) {
    const std::string& member = lowest_member(codec, left);
    out.put_field(member.data(), member.size());
  }
  length.close();
}

std::string member_list(const ColumnCodec& codec, std::uint64_t mask) {
  std::string list;
  for (std::uint64_t left = mask; left != 0; left &= left - 1) {
    if (left != mask) list += ',';
    list += lowest_member(codec, left);
  }
  return list;
}

void write_array_of_list(std::string_view list, CopyBuffer& out) {
  LengthGuard length(out);
  if (list.empty()) {
    put_array_head(0, out);
  } else {
    put_array_head(static_cast<std::int32_t>(1 + std::count(list.begin(), list.end(), ',')), out);
    while (true) {
      const std::size_t comma = list.find(',');
      const std::string_view member = list.substr(0, comma);
      out.put_field(member.data(), member.size());
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  length.close();
}

}  // namespace godwit::schema
