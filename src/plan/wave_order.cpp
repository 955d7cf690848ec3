#include "godwit/plan/wave_order.hpp"

#include <algorithm>

namespace godwit::plan {
namespace {

bool goes_before(const Unit& a, const Unit& b, WaveOrder order) {
  if (order == WaveOrder::name || a.bytes == b.bytes) return a.tenant < b.tenant;
  return (a.bytes < b.bytes) == (order == WaveOrder::smallest);
}

}  // namespace

void put_in_order(std::vector<const Unit*>& units, WaveOrder order) {
  std::sort(units.begin(), units.end(),
            [order](const Unit* a, const Unit* b) { return goes_before(*a, *b, order); });
}

}  // namespace godwit::plan
