#include "bound_table.hpp"

#include <string>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

Error altered(const RoutedTable& routed, const std::string& how) {
  return Error(ErrorKind::source, "table " + printable(routed.name) + " was altered: " + how,
               "copy the tenants that have it again");
}

}  // namespace

std::optional<BoundTable> bind_routed(const std::shared_ptr<const MappedTable>& table,
                                      const RoutedTable& routed, const AlteredTables& known) {
  const std::size_t count = table->columns.columns.size();
  const std::size_t modelled = routed.columns.size();
  // fewer: rows of before a column came, which whoever has a schema with it has replayed, and columns
  // that come elsewhere than at the end are not
  const bool fits = count <= modelled || routed.hides_columns || known.may_be_longer(routed.name);
  if (!fits) {
    if (known.stops(routed.name)) return std::nullopt;
    throw altered(routed, "the binlog has " + std::to_string(count) +
                              " columns of it, and the catalog " + std::to_string(modelled));
  }
  BoundTable bound{table, &routed, {}, {}};
  try {
    for (const RoutedTable::Key& path : routed.paths)
      bound.paths.emplace_back(path.columns, table->columns);
    for (const RoutedTable::Key& key : routed.own_keys)
      bound.own_keys.emplace_back(key.columns, table->columns);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
    if (known.stops(routed.name)) return std::nullopt;
    throw altered(routed, error.what());
  }
  return bound;
}

}  // namespace godwit::capture
