// Foreign keys. They must never refuse what InnoDB accepted: RESTRICT becomes NO ACTION, which
// looks after a statement's cascades are done, whatever the order of the keys.
#pragma once

#include <vector>

#include "build_context.hpp"

namespace godwit::schema {

/// Fills `foreign_keys` of child.target; `tables` are all tables of the target.
void build_foreign_keys(BuildContext& context, TableBuild child,
                        const std::vector<TableBuild>& tables);

}  // namespace godwit::schema
