// What this binary is: the project's version and the commit it was built from.
#pragma once

#include <string_view>

namespace godwit {

std::string_view version();
std::string_view commit();

}  // namespace godwit
