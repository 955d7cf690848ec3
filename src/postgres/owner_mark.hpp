// How Godwit's databases and schemas are told from others: by the beginning of their comment.
#pragma once

#include <string>
#include <string_view>

namespace godwit::postgres {

inline constexpr std::string_view kMarkPrefix = "godwit: ";

/// The mark in a comment; empty: somebody else's comment, or none.
inline std::string mark_of(std::string_view comment) {
  if (!comment.starts_with(kMarkPrefix)) return {};
  return std::string(comment.substr(kMarkPrefix.size()));
}

}  // namespace godwit::postgres
