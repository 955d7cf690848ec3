// Row tenancy: tenants share tables, and each row says whose it is, by its tenant column or by the
// key of the row that it inherits from. Splits every event of such a table among the tenants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/capture/delivery.hpp"
#include "godwit/capture/group_reader.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/charset.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::capture {

/// By name; mariadb::load_charset() with a connection.
using CharsetLookup = std::function<mariadb::CharsetPtr(const std::string&)>;

/// A unique key of a table from which others inherit their tenant.
struct ParentKey {
  std::string table;  // on the source
  std::string target_table;
  std::vector<std::string> target_columns;  // in the key's order
  /// COPY (SELECT its columns FROM its table) TO STDOUT (FORMAT binary), in a tenant's database.
  [[nodiscard]] std::string copy_sql() const;
};

/// Rows of owned and inherited tables go to their tenant, those of shared ones to everyone, of
/// central ones to the central unit, of excluded ones to nobody. A row that moves to another tenant
/// is deleted for the one and inserted for the other; when rows of other tables inherit from it,
/// which move with it and leave no image, both tenants get a statement instead that stops them. So
/// does a cascade that changes other rows' routing columns.
///
/// Needs binlog_row_image=FULL: images without a routing column throw Error(source).
///
/// Which row a parent's key belongs to is kept for the tenants that are followed only
/// (RoutingIndex). It is right for a tenant when its keys were loaded as they were at a position,
/// and all groups behind it came since. Groups that come again, because the reader went back for
/// another tenant, do no harm: every put and erase of a key is made again in the same order, so at
/// the end the index is what it was; in between it is that of an older position for keys which
/// these groups change, which decides about groups only that this tenant has already (its floor).
/// A tenant whose own floor is lowered must be removed, added and loaded anew, for rows that were
/// deleted meanwhile. Keys may be used again by another tenant: of several that are loaded before
/// the reader starts, the one furthest behind comes last.
///
/// Memory: the index, within its limit; of an event's rows one copy at most, of which 4 MiB are
/// kept; what at most 1,024 table maps need; 8 bytes for each tenant.
///
/// Every call is the reader's thread's.
class RowRouter : public GroupSink {
 public:
  /// `tenants`: what the tenants' databases consist of. Throws Error(rejected) when columns that
  /// routing compares have forms on the target that can't be compared, or no column there.
  RowRouter(Delivery& delivery, const plan::Classification& classification,
            const mariadb::Database& database, const schema::TargetSchema& tenants,
            const CharsetLookup& charsets, std::uint64_t index_bytes_max);
  ~RowRouter() override;

  /// TransactionHead::sample of the groups to come.
  void set_sample(std::function<std::uint64_t()> sample);

  /// To be called before the next two for a tenant whose schema is this one: it may have been read
  /// before or after that which the router was made with. Throws Error(rejected) when columns that
  /// routing looks at are elsewhere in it.
  void expect(const mariadb::Database& schema);
  /// Takes part from the next group on. `tenant_key` as Unit::key. Throws Error(rejected) when it
  /// is no value of the tenant column.
  void add(const SubscriptionPtr& subscription, std::string_view tenant_key);
  /// The unit of the central tables.
  void add_central(const SubscriptionPtr& subscription);
  /// A tenant that isn't there is no error. Delivery::forget() is the caller's.
  void remove(const Subscription& subscription);

  /// What has to be loaded for each tenant.
  [[nodiscard]] const std::vector<ParentKey>& parent_keys() const;
  /// `rows`: what COPY gives for parent_keys()[key], whole rows; header and trailer may be among
  /// them. Throws Error(rejected) when they are malformed or the index is at its limit.
  void load(const Subscription& subscription, std::size_t key, std::span<const std::byte> rows);

  /// Rows of owned and inherited tables that were read.
  [[nodiscard]] std::uint64_t rows_read() const;
  /// Of these, images whose routing columns are NULL: of no tenant.
  [[nodiscard]] std::uint64_t unrouted_null() const;
  [[nodiscard]] std::uint64_t index_bytes() const;
  [[nodiscard]] std::size_t index_keys() const;

  void begin(const GtidEvent& gtid, const GroupPosition& position) override;
  void rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event) override;
  void statement_end(std::span<const StatementTable> tables) override;
  void statement(StatementKind kind, const QueryEvent& query) override;
  void end(GroupEnd how, const GroupPosition& position) override;
  void abandon() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace godwit::capture
