#include "wave_order.hpp"

#include <algorithm>

namespace godwit::engine {
namespace {

bool goes_before(const plan::Unit& a, const plan::Unit& b, plan::WaveOrder order) {
  if (order == plan::WaveOrder::name || a.bytes == b.bytes) return a.tenant < b.tenant;
  return (a.bytes < b.bytes) == (order == plan::WaveOrder::smallest);
}

}  // namespace

void put_in_order(std::vector<const plan::Unit*>& units, plan::WaveOrder order) {
  std::sort(units.begin(), units.end(), [order](const plan::Unit* a, const plan::Unit* b) {
    return goes_before(*a, *b, order);
  });
}

}  // namespace godwit::engine
