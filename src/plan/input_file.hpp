// Files that a user names: read whole, within a limit.
#pragma once

#include <cstdint>
#include <string>

namespace godwit::plan {

/// `what` names the kind of file in messages ("plan"). Throws Error(plan_invalid) when it can't be
/// read or is larger than `bytes_max`.
std::string read_input_file(const std::string& what, const std::string& path,
                            std::uintmax_t bytes_max);

}  // namespace godwit::plan
