// The file of the control store: where it is, who may read it, and which version its tables have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sqlite.hpp"

namespace godwit::control {

/// Opens `<folder>/control.db` for writing, creating folder (0700), file (0600) and tables as
/// needed. `source` names the source server the store belongs to (empty: not checked); the first
/// one given is kept. Errors as Store::open.
Database open_store_file(const std::string& folder, std::string_view source);

/// Opens it for reading; nullopt when there is none or its tables were never made.
std::optional<Database> open_store_file_for_reading(const std::string& folder);

}  // namespace godwit::control
