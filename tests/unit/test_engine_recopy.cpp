// recopy: of which tenants the copy may go.
#include <catch2/catch.hpp>

#include "godwit/engine/recopy.hpp"

using namespace godwit;
using control::JournalEntry;
using control::TenantRecord;
using control::TenantState;

namespace {

TenantRecord tenant(TenantState state) {
  TenantRecord record;
  record.tenant = "acme";
  record.state = state;
  return record;
}

/// Entries for each state, in this order, with others between.
std::vector<JournalEntry> journal(const std::vector<TenantState>& states) {
  std::vector<JournalEntry> entries;
  for (const TenantState state : states) {
    JournalEntry entry;
    entry.event = "state." + std::string(control::name(state));
    entries.push_back(entry);
    entry.event = "tenant.failure";
    entries.push_back(entry);
  }
  return entries;
}

bool is_refused(const TenantRecord& record, const std::vector<JournalEntry>& entries = {}) {
  return engine::recopy_refusal(record, entries).has_value();
}

}  // namespace

TEST_CASE("while the source serves a tenant, its copy may go", "[recopy]") {
  for (int state = 0; state <= static_cast<int>(TenantState::rolled_back); ++state) {
    const auto own = static_cast<TenantState>(state);
    CAPTURE(control::name(own));
    CHECK(is_refused(tenant(own)) == (own > TenantState::ready && own != TenantState::rolled_back));
  }
}

TEST_CASE("a stopped tenant is what it was before", "[recopy]") {
  for (const TenantState stopped :
       {TenantState::paused, TenantState::diverged, TenantState::quarantined}) {
    CAPTURE(control::name(stopped));
    CHECK_FALSE(is_refused(tenant(stopped)));
    CHECK_FALSE(is_refused(tenant(stopped), journal({TenantState::copied, TenantState::ready,
                                                     TenantState::paused, stopped})));
    CHECK(is_refused(tenant(stopped), journal({TenantState::open_target, TenantState::reversing,
                                               TenantState::paused, stopped})));
    CHECK(is_refused(tenant(stopped), journal({TenantState::committing, stopped})));
    // the fence was lifted again
    CHECK_FALSE(is_refused(tenant(stopped),
                           journal({TenantState::committing, TenantState::catching_up, stopped})));
  }
  const std::optional<Error> refusal =
      engine::recopy_refusal(tenant(TenantState::paused), journal({TenantState::reversing}));
  REQUIRE(refusal);
  CHECK(refusal->kind() == ErrorKind::rejected);
  CHECK(std::string(refusal->what()) ==
        "is paused, from reversing: its target may have been written to");
}
