// Exact decimals as cells: digits, never a floating-point number.
//
//   1 byte    0 -Infinity, 1 negative, 2 zero or positive, 3 Infinity, 4 NaN; then, for 1 and 2,
//   4 bytes   number of digits before the point (no leading zeros), big endian
//   digits    as ASCII, before and after the point; as many after it as the scale says
//   3 bytes   1 and the scale, big endian; below '0', so it ends the digits when ordering
// All bytes behind the first are inverted when negative. 1.5 and 1.50 are different cells: the
// scale is part of a value that an application can see.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "cell.hpp"

namespace godwit::verify {

/// From MariaDB's text of a DECIMAL: [-]digits[.digits]; leading zeros don't count, -0.00 is 0.00.
void set_decimal(Cell& cell, Scratch& scratch, std::string_view text);

/// From PostgreSQL's binary form (numeric_send): int16 number of digit groups, weight, sign,
/// scale, then base-10000 groups.
void set_numeric(Cell& cell, Scratch& scratch, std::span<const std::byte> field);

/// The decimal's text, e.g. "-1.50", for display.
std::string decimal_text(const Cell& cell);

}  // namespace godwit::verify
