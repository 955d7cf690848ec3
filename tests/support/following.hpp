// What tests of following share: runs that follow, and waiting for what they have applied.
#pragma once

#include <map>
#include <string>

#include "support/migration.hpp"

namespace godwit::test {

/// run --wave all --until ready --no-follow
ProcessResult until_ready(const Migration& migration,
                          const std::map<std::string, std::string>& environment = {});

/// Until a run's record says that everything up to now is applied; false: not within half a minute.
bool wait_applied(const Migration& migration);

}  // namespace godwit::test
