#include "row_routing.hpp"

#include <utility>

#include "godwit/core/failpoint.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {

RowRouting::RowRouting(const RunContext& run, const SharedSource& source,
                       capture::Delivery& delivery, std::function<std::uint64_t()> sample)
    : run_(run),
      router_(
          delivery, source.classification, source.database, source.tenants->target,
          [this](const std::string& name) { return charset(name); },
          run.plan.follow.routing_bytes) {
  router_.set_sample(std::move(sample));
}

mariadb::CharsetPtr RowRouting::charset(const std::string& name) {
  try {
    if (!charsets_) charsets_.emplace(run_.plan.source.endpoint);
    return mariadb::load_charset(*charsets_, name);
  } catch (...) {
    charsets_.reset();
    throw;
  }
}

void RowRouting::add(FollowedTenant& tenant) {
  const capture::SubscriptionPtr subscription = tenant.subscription;
  router_.remove(*subscription);  // one that comes again has other keys than it had
  router_.expect(tenant.schema->variant->model);
  if (tenant.unit->kind == plan::UnitKind::central) {
    router_.add_central(subscription);
    return;
  }
  postgres::Session session = open_tenant(run_, *tenant.unit);
  router_.add(subscription, tenant.unit->key);
  try {
    const std::vector<capture::ParentKey>& keys = router_.parent_keys();
    for (std::size_t key = 0; key < keys.size(); ++key) {
      failpoint::hit("follow.mid_keys");
      postgres::CopyOut rows(session, keys[key].copy_sql());
      while (const auto message = rows.next())
        router_.load(*subscription, key, *message);
    }
  } catch (...) {
    router_.remove(*subscription);
    throw;
  }
}

}  // namespace godwit::engine
