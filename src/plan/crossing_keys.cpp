#include "crossing_keys.hpp"

#include <string>
#include <utility>

namespace godwit::plan {
namespace {

using mariadb::ForeignKey;

/// Where the rows of a table end.
enum class Home {
  tenants,  // each in its tenant's database
  shared,   // in every unit's
  central,  // in the central unit's
  nowhere   // not migrated, or not decided
};

Home home_of(TableClass kind) {
  switch (kind) {
    case TableClass::owned:
    case TableClass::inherited: return Home::tenants;
    case TableClass::shared: return Home::shared;
    case TableClass::central: return Home::central;
    case TableClass::excluded:
    case TableClass::undecided: break;
  }
  return Home::nowhere;
}

bool cascades(const ForeignKey& key) {
  return key.on_delete == "CASCADE" || key.on_delete == "SET NULL" || key.on_update == "CASCADE" ||
         key.on_update == "SET NULL";
}

std::string actions(const ForeignKey& key) {
  return "ON DELETE " + key.on_delete + ", ON UPDATE " + key.on_update;
}

std::string described(const ClassifiedTable& table) {
  return table.name + " (" + std::string(name(table.kind)) + ")";
}

class Checker {
 public:
  explicit Checker(const mariadb::Database& database) : database_(database) {}

  void check(const ClassifiedTable& child, const ClassifiedTable& parent, const ForeignKey& key) {
    const std::string object = child.name + "." + key.name;
    const Home own = home_of(child.kind);
    const Home other = home_of(parent.kind);
    if (own == Home::nowhere) return;
    if (parent.kind == TableClass::excluded) {
      report("key-to-excluded", Severity::degraded, object,
             "the key refers to the table " + parent.name +
                 ", which the plan excludes: it is left out" +
                 (cascades(key) ? ", and what its " + actions(key) +
                                      " does on the source doesn't happen on the target"
                                : ""),
             "give " + parent.name +
                 " another class in tenancy.tables, or drop the key on the source");
    }
    if (other == Home::nowhere) return;
    if (other == Home::central && own != Home::central) {
      report("key-to-central", Severity::degraded, object,
             "the key refers to the central table " + parent.name +
                 ", which is in another database afterwards: it is left out" +
                 (own == Home::shared ? " of tenants' databases" : ""),
             "the application checks the reference, or the table becomes shared");
    } else if (other == Home::tenants && own != Home::tenants) {
      report("key-from-shared", Severity::degraded, object,
             "a " + std::string(name(child.kind)) + " table refers to rows of tenants (" +
                 parent.name + "): the key is left out",
             "the application checks the reference, or the table is owned");
    }
    if (own == other || !cascades(key)) return;
    report("cascade-across-units", Severity::degraded, object,
           actions(key) + " reaches from " + described(parent) + " into " + described(child) +
               ": a change there changes rows of several units",
           "make it RESTRICT on the source before the tenants move");
  }

  Findings take() { return std::move(findings_); }

 private:
  void report(const char* code, Severity severity, const std::string& object, std::string message,
              std::string fix) {
    findings_.push_back(
        {code, severity, database_.name + "." + object, std::move(message), std::move(fix), {}});
  }

  const mariadb::Database& database_;
  Findings findings_;
};

}  // namespace

Findings crossing_keys(const Classification& classification, const mariadb::Database& database) {
  Checker checker(database);
  for (std::size_t i = 0; i < classification.tables.size(); ++i) {
    for (const ForeignKey& key : database.tables[i].foreign_keys) {
      if (key.referenced_database != database.name) continue;
      const ClassifiedTable* parent = classification.find(key.referenced_table);
      if (parent != nullptr) checker.check(classification.tables[i], *parent, key);
    }
  }
  return checker.take();
}

}  // namespace godwit::plan
