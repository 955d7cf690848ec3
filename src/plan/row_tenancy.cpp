#include "godwit/plan/row_tenancy.hpp"

#include "godwit/plan/units.hpp"

namespace godwit::plan {

std::string_view name(TableClass kind) {
  switch (kind) {
    case TableClass::owned: return "owned";
    case TableClass::inherited: return "inherited";
    case TableClass::shared: return "shared";
    case TableClass::central: return "central";
    case TableClass::excluded: return "excluded";
    case TableClass::undecided: return "undecided";
  }
  return {};
}

bool of_tenants(TableClass kind) {
  return kind == TableClass::owned || kind == TableClass::inherited;
}

const TableRule* RowTenancy::find_rule(std::string_view table) const {
  if (const auto own = tables.find(std::string(table)); own != tables.end()) return &own->second;
  const TableRule* best = nullptr;
  std::size_t length = 0;
  for (const auto& [pattern, rule] : tables) {
    // the longest pattern says most
    if (pattern.find('%') == std::string::npos || pattern.size() <= length) continue;
    if (!matches(pattern, table)) continue;
    best = &rule;
    length = pattern.size();
  }
  return best;
}

}  // namespace godwit::plan
