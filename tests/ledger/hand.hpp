// One tenant in the hands of one thread: the statements that its actions are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "random.hpp"
#include "session.hpp"

namespace godwit::ledger {

struct Tenant {
  std::string database;
  int id = 0;  // in shared tables; 0: the database is the tenant's own
};

using Values = std::vector<std::string>;  // literals of one row

class Hand {
 public:
  Hand(Session& session, Random& random, const Tenant& tenant)
      : session_(session), random_(random), tenant_(tenant) {}

  [[nodiscard]] Session& session() const { return session_; }
  [[nodiscard]] Random& random() const { return random_; }
  [[nodiscard]] const Tenant& tenant() const { return tenant_; }

  /// `database`.`table`
  [[nodiscard]] std::string table(std::string_view name) const;
  /// The condition for the tenant's rows of a table that has the tenant column.
  [[nodiscard]] std::string scope() const;
  /// "table WHERE scope"
  [[nodiscard]] std::string own(std::string_view name) const {
    return table(name) + " WHERE " + scope();
  }
  /// A number that no other tenant takes, from `from` to 999: for keys that the tenant chooses.
  [[nodiscard]] std::string key(int from);

  void run(const std::string& sql) const { session_.run(sql); }
  /// `verb` INTO the table, in which the tenant column is filled where it has one.
  void insert(std::string_view table, std::string_view columns, const std::vector<Values>& rows,
              std::string_view verb = "INSERT", std::string_view suffix = "") const;
  /// A random one of the tenant's values of an integer column; nullopt: the table is empty.
  [[nodiscard]] std::optional<std::string> pick(std::string_view table,
                                                std::string_view column = "id") const;
  [[nodiscard]] std::uint64_t count(std::string_view table) const;

 private:
  Session& session_;
  Random& random_;
  const Tenant& tenant_;
};

}  // namespace godwit::ledger
