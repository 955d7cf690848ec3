#include <map>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "godwit/control/store.hpp"

using namespace godwit::control;

namespace {

const std::set<std::string> kAll = {
    "planned",   "provisioned", "copying",    "building",   "copied",        "catching_up",
    "ready",     "fencing",     "fenced",     "drained",    "committing",    "open_target",
    "reversing", "finalized",   "rb_fencing", "rb_drained", "rb_committing", "rolled_back",
    "paused",    "diverged",    "quarantined"};

/// The ways on, beside pausing and stopping.
const std::map<std::string, std::set<std::string>> kOwn = {
    {"planned", {"provisioned"}},
    {"provisioned", {"copying"}},
    {"copying", {"building", "provisioned"}},
    {"building", {"copied", "provisioned"}},
    {"copied", {"provisioned", "catching_up"}},
    {"catching_up", {"ready"}},
    {"ready", {"catching_up", "fencing"}},
    {"fencing", {"fenced", "catching_up"}},
    {"fenced", {"drained", "catching_up"}},
    {"drained", {"committing", "catching_up"}},
    {"committing", {"open_target", "catching_up"}},
    {"open_target", {"reversing"}},
    {"reversing", {"finalized", "rb_fencing"}},
    {"finalized", {}},
    {"rb_fencing", {"rb_drained", "reversing"}},
    {"rb_drained", {"rb_committing", "reversing"}},
    {"rb_committing", {"rolled_back", "reversing"}},
    {"rolled_back", {"provisioned"}},
    {"diverged", {"provisioned"}},
    {"quarantined", {"provisioned"}},
};

const std::set<std::string> kNeverPaused = {"fencing",    "fenced",        "drained",
                                            "committing", "open_target",   "rb_fencing",
                                            "rb_drained", "rb_committing", "paused"};

bool expected(const std::string& from, const std::string& to) {
  if (from == to) return false;
  if (to == "diverged" || to == "quarantined") return true;
  if (to == "paused") return !kNeverPaused.contains(from);
  if (from == "paused") return !kNeverPaused.contains(to);
  return kOwn.at(from).contains(to);
}

}  // namespace

TEST_CASE("state names go both ways") {
  for (const std::string& text : kAll) {
    CAPTURE(text);
    const auto state = parse_tenant_state(text);
    REQUIRE(state);
    CHECK(name(*state) == text);
  }
  CHECK_FALSE(parse_tenant_state("Planned"));
  CHECK_FALSE(parse_tenant_state(""));
  CHECK(name(TenantState::planned) == "planned");
  CHECK(name(TenantState::rb_committing) == "rb_committing");
  CHECK(name(TenantState::quarantined) == "quarantined");
}

TEST_CASE("a state moves along the listed edges only") {
  for (const std::string& from : kAll) {
    for (const std::string& to : kAll) {
      CAPTURE(from, to);
      CHECK(allowed(*parse_tenant_state(from), *parse_tenant_state(to)) == expected(from, to));
    }
  }
}
