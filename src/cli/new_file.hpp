// Files that a command writes for its user.
#pragma once

#include <string>

namespace godwit::cli {

/// Never overwrites: what stands there is reviewed work, or what something is compared with.
/// Throws Error(usage).
void write_new_file(const std::string& path, const std::string& text);

}  // namespace godwit::cli
