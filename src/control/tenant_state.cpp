#include <array>
#include <bitset>
#include <cstddef>

#include "godwit/control/store.hpp"

namespace godwit::control {
namespace {

using enum TenantState;

constexpr std::size_t kStateCount = 21;

constexpr std::array<std::string_view, kStateCount> kNames = {
    "planned",   "provisioned", "copying",     "building",   "copied",        "catching_up",
    "ready",     "fencing",     "fenced",      "drained",    "committing",    "open_target",
    "reversing", "finalized",   "rb_fencing",  "rb_drained", "rb_committing", "rolled_back",
    "paused",    "diverged",    "quarantined",
};

struct Edge {
  TenantState from;
  TenantState to;
};

/// The edges of single states; pausing and stopping, which nearly every state has, come on top.
constexpr Edge kEdges[] = {
    {planned, provisioned},
    {provisioned, copying},
    {copying, building},
    {building, copied},
    {copying, provisioned},
    {building, provisioned},
    {copied, provisioned},
    {copied, catching_up},
    {catching_up, ready},
    {ready, catching_up},
    {ready, fencing},
    {fencing, fenced},
    {fenced, drained},
    {drained, committing},
    {committing, open_target},
    {open_target, reversing},
    {reversing, finalized},
    {fencing, catching_up},
    {fenced, catching_up},
    {drained, catching_up},
    {committing, catching_up},
    {reversing, rb_fencing},
    {rb_fencing, rb_drained},
    {rb_drained, rb_committing},
    {rb_committing, rolled_back},
    {rolled_back, provisioned},
    {rb_fencing, reversing},
    {rb_drained, reversing},
    {rb_committing, reversing},
    {diverged, provisioned},
    {quarantined, provisioned},
};

/// Between the fence and the opened side a tenant is either finished or undone, never left.
constexpr TenantState kNeverPaused[] = {
    fencing,    fenced,     drained,       committing, open_target,
    rb_fencing, rb_drained, rb_committing, paused,
};

constexpr std::size_t index(TenantState state) { return static_cast<std::size_t>(state); }
static_assert(index(quarantined) + 1 == kStateCount);

using Targets = std::bitset<kStateCount>;

std::array<Targets, kStateCount> build_edges() {
  std::array<Targets, kStateCount> edges;
  for (const Edge& edge : kEdges)
    edges[index(edge.from)].set(index(edge.to));
  Targets pausable;
  pausable.set();
  for (const TenantState state : kNeverPaused)
    pausable.reset(index(state));
  for (std::size_t from = 0; from < kStateCount; ++from) {
    if (pausable.test(from)) edges[from].set(index(paused));
    for (const TenantState stopped : {diverged, quarantined}) {
      if (from != index(stopped)) edges[from].set(index(stopped));
    }
  }
  edges[index(paused)] |= pausable;
  return edges;
}

}  // namespace

std::string_view name(TenantState state) { return kNames.at(index(state)); }

std::optional<TenantState> parse_tenant_state(std::string_view text) {
  for (std::size_t i = 0; i < kStateCount; ++i) {
    if (kNames[i] == text) return static_cast<TenantState>(i);
  }
  return std::nullopt;
}

bool begins_anew(TenantState state) {
  return state == planned || state == provisioned || state == copying || state == building ||
         state == quarantined;
}

bool allowed(TenantState from, TenantState to) {
  static const std::array<Targets, kStateCount> kAllEdges = build_edges();
  return kAllEdges.at(index(from)).test(index(to));
}

}  // namespace godwit::control
