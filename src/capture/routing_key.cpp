#include "routing_key.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <xxhash.h>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

using schema::TargetForm;

/// Beyond any key: an index of InnoDB holds 3072 bytes.
constexpr std::size_t kFieldBytesMax = 64U << 10U;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::rejected, "keys read from the target: " + what,
              "the tenant's tables there aren't those that the plan makes");
}

template <class Int>
Int load(const std::byte* at) {
  std::array<std::byte, sizeof(Int)> bytes{};
  std::reverse_copy(at, at + sizeof(Int), bytes.begin());
  Int value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// Negative numbers and unsigned ones above 2^63 have the same bits: `high` tells them apart.
RoutingKey of_signed(std::int64_t value) {
  return {value < 0 ? ~std::uint64_t{0} : 0, static_cast<std::uint64_t>(value)};
}

/// A numeric without digits behind the point, of at most 2^64 - 1.
/// Format: numeric_send in PostgreSQL's src/backend/utils/adt/numeric.c
RoutingKey of_numeric(std::span<const std::byte> field) {
  constexpr std::size_t kHeader = 8;
  constexpr std::uint16_t kNegative = 0x4000;
  constexpr std::uint64_t kBase = 10'000;
  if (field.size() < kHeader) refuse("a numeric of " + std::to_string(field.size()) + " bytes");
  const auto digits = load<std::uint16_t>(field.data());
  const auto weight = load<std::int16_t>(field.data() + 2);
  const auto sign = load<std::uint16_t>(field.data() + 4);
  const std::size_t places = static_cast<std::size_t>(std::max(weight + 1, 0));
  if (field.size() != kHeader + std::size_t{2} * digits || (sign != 0 && sign != kNegative) ||
      digits > places || places > 5) {
    refuse("a numeric that is no 64-bit integer");
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < places; ++i) {
    const std::uint64_t digit =
        i < digits ? load<std::uint16_t>(field.data() + kHeader + 2 * i) : 0;
    if (digit >= kBase || __builtin_mul_overflow(value, kBase, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      refuse("a numeric that is no 64-bit integer");
    }
  }
  if (sign == 0 || value == 0) return {0, value};
  return {~std::uint64_t{0}, 0 - value};
}

/// int2, int4, int8 by their lengths; a numeric has eight bytes only if it is zero.
RoutingKey number_of(std::span<const std::byte> field, bool numeric) {
  if (numeric) return of_numeric(field);
  switch (field.size()) {
    case 2: return of_signed(load<std::int16_t>(field.data()));
    case 4: return of_signed(load<std::int32_t>(field.data()));
    case 8: return of_signed(load<std::int64_t>(field.data()));
    default: refuse("an integer of " + std::to_string(field.size()) + " bytes");
  }
}

/// With its length in front, so that ("ab", "c") isn't ("a", "bc").
void add_bytes(std::string& buffer, const void* bytes, std::size_t size) {
  const auto length = static_cast<std::uint32_t>(size);
  buffer.append(reinterpret_cast<const char*>(&length), sizeof length);
  buffer.append(static_cast<const char*>(bytes), size);
}

RoutingKey hash_of(const std::string& buffer) {
  const XXH128_hash_t hash = XXH3_128bits(buffer.data(), buffer.size());
  return {hash.high64, hash.low64};
}

RoutingKey hash_of_one(std::string_view field) {
  std::string buffer;
  add_bytes(buffer, field.data(), field.size());
  return hash_of(buffer);
}

bool is_integer(const mariadb::Column& column) {
  using enum mariadb::ColumnType;
  return column.type == tinyint || column.type == smallint || column.type == mediumint ||
         column.type == integer || column.type == bigint;
}

/// "00112233-4455-6677-8899-aabbccddeeff" → its 16 bytes; empty: no UUID.
std::string uuid_bytes(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    if (c == '-') continue;
    int digit = 0;
    const auto [behind, problem] = std::from_chars(&c, &c + 1, digit, 16);
    if (problem != std::errc() || behind != &c + 1) return {};
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return high < 0 && bytes.size() == 16 ? bytes : std::string();
}

std::optional<RoutingKey> number_of(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.starts_with('-')) {
    std::int64_t value = 0;
    const auto [behind, problem] = std::from_chars(text.data(), end, value);
    if (problem == std::errc() && behind == end) return of_signed(value);
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [behind, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc() && behind == end) return RoutingKey{0, value};
  return std::nullopt;
}

}  // namespace

bool KeyColumn::is_number() const {
  return is_integer(source) && (form == TargetForm::int2 || form == TargetForm::int4 ||
                                form == TargetForm::int8 || form == TargetForm::numeric);
}

bool is_comparable(const KeyColumn& left, const KeyColumn& right) {
  if (left.is_number() || right.is_number()) return left.is_number() && right.is_number();
  return left.form == right.form && left.policies == right.policies;
}

FieldKeys::FieldKeys(const std::vector<KeyColumn>& columns) {
  for (const KeyColumn& column : columns) {
    kinds_.push_back(!column.is_number()                  ? Kind::bytes
                     : column.form == TargetForm::numeric ? Kind::numeric
                                                          : Kind::integer);
  }
}

std::optional<RoutingKey> FieldKeys::take(std::span<const std::byte>& fields) {
  buffer_.clear();
  bool is_null = false;
  RoutingKey number;
  for (const Kind kind : kinds_) {
    if (fields.size() < sizeof(std::int32_t)) refuse("a row that ends within a field's length");
    const auto length = load<std::int32_t>(fields.data());
    fields = fields.subspan(sizeof length);
    if (length == -1) {
      is_null = true;
      continue;
    }
    if (length < 0 || static_cast<std::size_t>(length) > std::min(fields.size(), kFieldBytesMax)) {
      refuse("a field of " + std::to_string(length) + " bytes");
    }
    const auto field = fields.first(static_cast<std::size_t>(length));
    fields = fields.subspan(field.size());
    if (kind == Kind::bytes) {
      add_bytes(buffer_, field.data(), field.size());
      continue;
    }
    number = number_of(field, kind == Kind::numeric);
    // by value: the parent's column may be wider than the child's
    if (kinds_.size() > 1) add_bytes(buffer_, &number, sizeof number);
  }
  if (is_null) return std::nullopt;
  if (kinds_.size() == 1 && kinds_.front() != Kind::bytes) return number;
  return hash_of(buffer_);
}

RoutingKey tenant_key(const KeyColumn& column, std::string_view text) {
  if (column.is_number()) {
    if (const auto number = number_of(text)) return *number;
  } else if (column.form == TargetForm::uuid) {
    if (const std::string bytes = uuid_bytes(text); !bytes.empty()) return hash_of_one(bytes);
  } else if (column.form == TargetForm::text || column.form == TargetForm::bytea) {
    return hash_of_one(text);
  }
  throw Error(ErrorKind::rejected,
              "the tenant's key '" + printable(text) + "' is no value of the column " +
                  printable(column.source.name) + " (" + column.source.declared_type +
                  ", on the target a " + std::string(schema::name(column.form)) + ")",
              "leave the columns that hold the tenants' keys the types that the map gives them");
}

bool next_copy_row(std::span<const std::byte>& rows, std::size_t columns) {
  constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
  constexpr std::size_t kHeader = kSignature.size() + 2 * sizeof(std::int32_t);
  if (rows.size() >= kHeader &&
      std::memcmp(rows.data(), kSignature.data(), kSignature.size()) == 0) {
    const auto extension = load<std::uint32_t>(rows.data() + kHeader - sizeof(std::uint32_t));
    if (extension > rows.size() - kHeader) refuse("a header that is cut off");
    rows = rows.subspan(kHeader + extension);
  }
  if (rows.empty()) return false;
  if (rows.size() < sizeof(std::int16_t)) refuse("a row of one byte");
  const auto count = load<std::int16_t>(rows.data());
  rows = rows.subspan(sizeof count);
  if (count == -1 && rows.empty()) return false;
  if (count < 0 || static_cast<std::size_t>(count) != columns) {
    refuse("a row of " + std::to_string(count) + " fields where there are " +
           std::to_string(columns));
  }
  return true;
}

KeyReader::KeyReader(const std::vector<KeyColumn>& columns, const ColumnMap& map)
    : fields_(columns), buffer_(256) {
  for (const KeyColumn& column : columns) {
    if (column.index >= map.columns.size()) {
      throw Error(ErrorKind::source, "the column " + printable(column.source.name) +
                                         ", which says whose a row is, isn't there");
    }
    Part part;
    part.index = column.index;
    part.name = column.source.name;
    const schema::BinlogColumn& wire = map.columns[column.index].binlog;
    part.compressed = wire.type == schema::binlog_type::kVarcharCompressed ||
                      wire.type == schema::binlog_type::kBlobCompressed;
    part.codec = schema::make_binlog_codec(column.source, wire, column.form, column.policies,
                                           column.charset);
    parts_.push_back(std::move(part));
  }
}

mariadb::RawValue KeyReader::value_of(const Part& part, const RowImage& image,
                                      const RowImage* fallback) const {
  if (image.present.contains(part.index)) return image.values[part.index];
  if (fallback != nullptr && fallback->present.contains(part.index)) {
    return fallback->values[part.index];
  }
  throw Error(
      ErrorKind::source,
      "a row image without the column " + printable(part.name) + ", which says whose the row is",
      "set binlog_row_image=FULL on the source");
}

KeyReader::Outcome KeyReader::read(const RowImage& image, const RowImage* fallback,
                                   RoutingKey& key) {
  buffer_.clear();
  for (const Part& part : parts_) {
    mariadb::RawValue value = value_of(part, image, fallback);
    if (value.is_null()) return Outcome::null;
    if (part.compressed) {
      inflate_column_value(part.codec.wire, value.bytes(), inflated_);
      value = {reinterpret_cast<const std::byte*>(inflated_.data()), inflated_.size()};
    }
    try {
      part.codec.encode(part.codec, value, buffer_, counts_);
    } catch (const schema::ValueRefused&) {
      return Outcome::refused;
    }
  }
  std::span<const std::byte> fields = buffer_.bytes();
  const std::optional<RoutingKey> made = fields_.take(fields);
  if (!made) return Outcome::null;
  key = *made;
  return Outcome::key;
}

std::string KeyReader::describe(const RowImage& image, const RowImage* fallback) const {
  std::string text;
  for (const Part& part : parts_) {
    const mariadb::RawValue value = value_of(part, image, fallback);
    text += (text.empty() ? "" : ", ") + printable(part.name) + "=";
    text += value.is_null() || part.compressed ? "?" : schema::display(part.codec, value);
  }
  return text;
}

}  // namespace godwit::capture
