// PostgreSQL's numeric in binary: digits to the base 10000 around the decimal point.
// Format: numeric_recv in PostgreSQL's src/backend/utils/adt/numeric.c: int16 count of digits,
// int16 weight (power of 10000 of the first digit), uint16 sign, uint16 display scale, digits.
#pragma once

#include <cstdint>
#include <string_view>

#include "godwit/schema/copy_buffer.hpp"

namespace godwit::schema {

/// [-]digits[.digits] with up to 65 digits before and 38 behind the point; throws
/// ValueRefused(malformed) for anything else and for more than `scale` digits behind it.
void put_numeric_field(std::string_view decimal, int scale, CopyBuffer& out);

void put_numeric_field(std::uint64_t magnitude, bool negative, CopyBuffer& out);

}  // namespace godwit::schema
