// Names that change on the target, in statements that are right whatever takes whose place.
#pragma once

#include <string>
#include <vector>

namespace godwit::engine {

class RelationRenames {
 public:
  /// Tables, indexes and sequences share one space of names. `kind`: "TABLE", "INDEX", "SEQUENCE".
  /// Nothing for equal names.
  void add(const char* kind, const std::string& from, const std::string& to);
  /// A constraint that has no index; `table` is its table's name behind all renames.
  void add_constraint(const std::string& table, const std::string& from, const std::string& to);

  /// In the order they are to be run.
  [[nodiscard]] std::vector<std::string> sql() const;

 private:
  struct Rename {
    std::string what;  // "ALTER INDEX "
    std::string from;
    std::string to;
    std::string space;  // of names: a table's for its constraints
  };
  std::vector<Rename> relations_;
  std::vector<Rename> constraints_;
};

}  // namespace godwit::engine
