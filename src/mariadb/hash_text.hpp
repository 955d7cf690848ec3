// Hashes as people and journals see them. Private to this room.
#pragma once

#include <xxhash.h>

#include <string>
#include <string_view>

namespace godwit::mariadb {

/// 32 hexadecimal digits, the same on every machine.
inline std::string hash_text(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (const unsigned char byte : canonical.digest) {
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 15U];
  }
  return result;
}

}  // namespace godwit::mariadb
