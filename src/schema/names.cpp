#include "names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <xxhash.h>

#include "catalog_names.hpp"

namespace godwit::schema {

namespace {

constexpr std::size_t kHashDigits = 8;

std::string hash_digits(std::string_view text) {
  std::uint64_t hash = XXH3_64bits(text.data(), text.size());
  std::string digits;
  for (std::size_t i = 0; i < kHashDigits; ++i, hash >>= 4U) {
    digits += "0123456789abcdef"[hash & 0xFU];
  }
  return digits;
}

/// The longest beginning of whole characters within `bytes_max`.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
    --size;
  return text.substr(0, size);
}

std::string with_hash(std::string_view name, std::string_view hashed) {
  return std::string(cut(name, kNameBytesMax - kHashDigits - 1)) + "_" + hash_digits(hashed);
}

}  // namespace

std::string fit_name(std::string_view name) {
  return name.size() <= kNameBytesMax ? std::string(name) : with_hash(name, name);
}

std::string column_name(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kSystemColumns = {"ctid", "xmin", "cmin",
                                                                     "xmax", "cmax", "tableoid"};
  if (std::find(kSystemColumns.begin(), kSystemColumns.end(), name) != kSystemColumns.end()) {
    return std::string(name) + "_";
  }
  return fit_name(name);
}

std::string relation_name(std::string_view name) {
  if (std::binary_search(kCatalogNames.begin(), kCatalogNames.end(), name)) {
    return std::string(name) + "_";
  }
  return fit_name(name);
}

std::string NameSet::add(std::string_view name, std::string_view unique_context) {
  std::string candidate = fit_name(name);
  std::string hashed = std::string(name) + '\0' + std::string(unique_context);
  while (!names_.insert(candidate).second) {
    candidate = with_hash(name, hashed);
    hashed += '\0';
  }
  return candidate;
}

}  // namespace godwit::schema
