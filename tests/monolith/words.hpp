// The words that made-up rows are built from.
#pragma once

#include <span>
#include <string_view>

namespace godwit::monolith {

// The list of that name; throws std::out_of_range if there is none.
std::span<const std::string_view> words(std::string_view list);

}  // namespace godwit::monolith
