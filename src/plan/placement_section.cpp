#include <algorithm>
#include <map>

#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr double kReserveMax = 0.9;
constexpr std::int64_t kTenantConnectionsMax = 1000;

void read_pins(const YamlCursor& section, const std::vector<ClusterSpec>& clusters,
               PlacementSpec& placement) {
  for (const auto& [tenant, value] : section.entries()) {
    const std::optional<std::string> cluster = read_word(value);
    if (!cluster) continue;
    const bool known = std::any_of(clusters.begin(), clusters.end(),
                                   [&](const ClusterSpec& spec) { return spec.name == *cluster; });
    if (!known) {
      value.error("'" + value.path() + "': there is no cluster '" + *cluster + "'");
      continue;
    }
    placement.pins.emplace(tenant, *cluster);
  }
}

/// Lists of two tenants or more; a tenant stands in one list of the section only.
std::vector<std::vector<std::string>> read_groups(const YamlCursor& section) {
  std::vector<std::vector<std::string>> groups;
  std::map<std::string, std::string> seen;  // tenant → the list's path
  for (const YamlCursor& list : section.items()) {
    std::vector<std::string> names;
    for (const YamlCursor& item : list.items()) {
      const std::optional<std::string> name = read_word(item);
      if (!name) continue;
      if (const auto [at, is_new] = seen.emplace(*name, list.path()); !is_new) {
        item.error("'" + item.path() + "': '" + *name + "' stands in '" + at->second + "' already");
        continue;
      }
      names.push_back(*name);
    }
    if (list.is_list() && list.items().size() < 2) {
      list.error("'" + list.path() + "': a list needs two tenants or more");
    }
    groups.push_back(std::move(names));
  }
  return groups;
}

const std::string* pin_of(const PlacementSpec& placement, const std::string& tenant) {
  const auto pin = placement.pins.find(tenant);
  return pin == placement.pins.end() ? nullptr : &pin->second;
}

/// Rules that contradict each other can't be found wrong later: one of them would be ignored.
void check_rules(const YamlCursor& section, const PlacementSpec& placement) {
  for (const std::vector<std::string>& group : placement.together) {
    const std::string* first = nullptr;
    for (const std::string& tenant : group) {
      const std::string* pin = pin_of(placement, tenant);
      if (pin == nullptr) continue;
      if (first != nullptr && *pin != *first) {
        section.error("'" + section.path() + ".together' conflicts with the pins of its tenants: " +
                      tenant + " is pinned to " + *pin + ", another to " + *first);
      }
      first = pin;
    }
    for (const std::vector<std::string>& distance : placement.apart) {
      std::vector<std::string> both;
      for (const std::string& tenant : group) {
        if (std::find(distance.begin(), distance.end(), tenant) != distance.end()) {
          both.push_back(tenant);
        }
      }
      if (both.size() > 1) {
        section.error("'" + section.path() + "': " + both[0] + " and " + both[1] +
                      " can't be both together and apart");
      }
    }
  }
  for (const std::vector<std::string>& distance : placement.apart) {
    std::map<std::string, std::string> at;  // cluster → tenant
    for (const std::string& tenant : distance) {
      const std::string* pin = pin_of(placement, tenant);
      if (pin == nullptr) continue;
      if (const auto [other, is_new] = at.emplace(*pin, tenant); !is_new) {
        section.error("'" + section.path() + ".apart' conflicts with the pins of its tenants: " +
                      other->second + " and " + tenant + " are both pinned to " + *pin);
      }
    }
  }
}

}  // namespace

void read_placement(const YamlCursor& section, const std::vector<ClusterSpec>& clusters,
                    PlacementSpec& placement) {
  if (!section.expect_keys({"reserve", "tenant_connections", "pins", "together", "apart"})) return;
  if (const auto value = section.find("reserve")) {
    placement.reserve = read_percentage(*value, 0, kReserveMax).value_or(0);
  }
  if (const auto value = section.find("tenant_connections")) {
    if (const auto count = value->integer(1, kTenantConnectionsMax)) {
      placement.tenant_connections = static_cast<int>(*count);
    }
  }
  if (const auto pins = section.find("pins")) read_pins(*pins, clusters, placement);
  if (const auto groups = section.find("together")) placement.together = read_groups(*groups);
  if (const auto groups = section.find("apart")) placement.apart = read_groups(*groups);
  check_rules(section, placement);
}

}  // namespace godwit::plan
