#include <array>
#include <charconv>

#include "decimal.hpp"
#include "source_readers.hpp"

namespace godwit::verify {

using schema::TargetForm;

namespace {

/// A whole number in the target's form; source_column() lets only these forms through.
void set_whole(const SourceColumn& column, Integer value, Scratch& scratch, Cell& cell) {
  if (column.form == TargetForm::boolean && (value.negative || value.bits > 1)) {
    scratch.bytes = to_text(value);
    return set_flaw(cell, "neither 0 nor 1", scratch.bytes);
  }
  if (column.form == TargetForm::numeric) {
    std::array<char, 24> digits;
    const auto end = value.negative
                         ? std::to_chars(digits.data(), digits.data() + digits.size(),
                                         static_cast<std::int64_t>(value.bits))
                         : std::to_chars(digits.data(), digits.data() + digits.size(), value.bits);
    return set_decimal(cell, scratch,
                       {digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
  }
  if (column.form == TargetForm::bit) {
    return set_bits(cell, scratch, value.bits, column.bit_count);
  }
  set_integer(cell, scratch, value);
}

}  // namespace

bool load_integer(const mariadb::RawValue& value, bool is_unsigned, Integer& out) {
  std::uint64_t bits = 0;
  switch (value.size) {
    case 1: bits = std::to_integer<std::uint64_t>(*value.data); break;
    case 2: bits = load_little_endian<std::uint16_t>(value.data); break;
    case 4: bits = load_little_endian<std::uint32_t>(value.data); break;
    case 8: bits = load_little_endian<std::uint64_t>(value.data); break;
    default: return false;
  }
  const std::uint64_t sign = 1ULL << (8 * value.size - 1);
  const bool negative = !is_unsigned && (bits & sign) != 0;
  if (negative) bits |= ~(sign - 1);  // the bits above those that came
  out = {bits, negative};
  return true;
}

void read_integer(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  Integer value;
  if (!load_integer(values[0], column.is_unsigned, value)) {
    return set_flaw(cell, "not an integer", text_of(values[0]));
  }
  set_whole(column, value, scratch, cell);
}

void read_decimal(const SourceColumn&, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  set_decimal(cell, scratch, text_of(values[0]));
}

void read_float(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  constexpr std::uint32_t kSign = 0x80000000U;
  if (values[0].is_null()) return set_null(cell);
  if (values[0].size != sizeof(float)) return set_flaw(cell, "not a float", text_of(values[0]));
  auto bits = load_little_endian<std::uint32_t>(values[0].data);
  if (!values[1].is_null()) bits |= kSign;
  if (column.form == TargetForm::float4) return set_float4(cell, scratch, bits);
  const auto widened = static_cast<double>(std::bit_cast<float>(bits));
  set_float8(cell, scratch, std::bit_cast<std::uint64_t>(widened));
}

void read_double(const SourceColumn&, SourceValues values, Scratch& scratch, Cell& cell) {
  constexpr std::uint64_t kSign = 0x8000000000000000U;
  if (values[0].is_null()) return set_null(cell);
  if (values[0].size != sizeof(double)) return set_flaw(cell, "not a double", text_of(values[0]));
  auto bits = load_little_endian<std::uint64_t>(values[0].data);
  if (!values[1].is_null()) bits |= kSign;
  set_float8(cell, scratch, bits);
}

void read_bit(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  if (values[0].size > sizeof(std::uint64_t)) {
    return set_flaw(cell, "more than 64 bits", text_of(values[0]));
  }
  std::uint64_t bits = 0;
  for (const std::byte byte : values[0].bytes()) {
    bits = bits << 8U | std::to_integer<std::uint64_t>(byte);
  }
  set_whole(column, {bits, false}, scratch, cell);
}

}  // namespace godwit::verify
