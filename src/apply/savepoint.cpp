#include "savepoint.hpp"

#include <functional>

#include "godwit/core/text.hpp"

namespace godwit::apply {
namespace {

constexpr std::string_view kSet = "savepoint ";
constexpr std::string_view kBack = "rollback to ";

/// Any name, also one that is too long for the target or has quotes in it: its bytes in hex are as
/// long as they may be, and cut ones are told apart by their hash.
std::string target_name(std::string_view name) {
  constexpr std::size_t kBytesShown = 20;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "gw_" + std::to_string(std::hash<std::string_view>{}(name)) + "_";
  for (const char byte : name.substr(0, kBytesShown / 2)) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4U];
    text += kDigits[value & 15U];
  }
  return text;
}

}  // namespace

std::optional<std::string> savepoint_sql(std::string_view sql) {
  const std::string text = lowercase_ascii(sql);
  if (text.starts_with(kSet)) return "SAVEPOINT " + target_name(text.substr(kSet.size()));
  if (text.starts_with(kBack)) {
    return "ROLLBACK TO SAVEPOINT " + target_name(text.substr(kBack.size()));
  }
  return std::nullopt;
}

}  // namespace godwit::apply
