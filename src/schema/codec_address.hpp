// UUIDs and internet addresses from the text MariaDB prints, and back.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace godwit::schema {

using SixteenBytes = std::array<std::byte, 16>;

/// 8-4-4-4-12 hexadecimal digits. False: the text is something else.
bool parse_uuid(std::string_view text, SixteenBytes& bytes);
/// Fills the first four bytes.
bool parse_inet4(std::string_view text, SixteenBytes& bytes);
bool parse_inet6(std::string_view text, SixteenBytes& bytes);

/// `bytes`: 4 or 16 in network order.
std::string format_address(std::span<const std::byte> bytes);

}  // namespace godwit::schema
