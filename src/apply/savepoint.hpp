// Savepoints: transactions of tables that can't all roll back have them in the binlog.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace godwit::apply {

/// The same on the target for "SAVEPOINT `name`" and "ROLLBACK TO `name`", as the server writes
/// them; nullopt: another statement. A savepoint of a name that is there replaces it on the source
/// and hides it on the target, which is the same as long as none is released.
std::optional<std::string> savepoint_sql(std::string_view sql);

}  // namespace godwit::apply
