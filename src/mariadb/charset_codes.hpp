// Marks in a charset's tables beside code points. Private to this room.
#pragma once

#include <cstdint>

namespace godwit::mariadb {

inline constexpr std::uint32_t kInvalid = 0xFFFFFFFF;
inline constexpr std::uint32_t kLead = 0xFFFFFFFE;  // the first byte of a longer code
/// Introduces the three-byte codes of ujis and eucjpms.
inline constexpr unsigned char kTripleLead = 0x8F;

}  // namespace godwit::mariadb
