// Strong ids: an index into a plan's list can't be taken for an index into another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace godwit {

template <class Tag>
struct StrongId {
  std::uint32_t value = 0;
  // clang-tidy 14 takes the default comparison with 0 for a null pointer.
  auto operator<=>(const StrongId&) const = default;  // NOLINT(modernize-use-nullptr)
};

using TenantId = StrongId<struct TenantTag>;
using ClusterId = StrongId<struct ClusterTag>;
using WaveId = StrongId<struct WaveTag>;
using Epoch = StrongId<struct EpochTag>;

}  // namespace godwit

template <class Tag>
struct std::hash<godwit::StrongId<Tag>> {
  std::size_t operator()(godwit::StrongId<Tag> id) const noexcept {
    return std::hash<std::uint32_t>{}(id.value);
  }
};
