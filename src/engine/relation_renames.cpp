#include "relation_renames.hpp"

#include <algorithm>

#include "godwit/postgres/session.hpp"

namespace godwit::engine {
namespace {

using postgres::quote_identifier;

std::string way_name(std::size_t number) { return "godwit_moved_" + std::to_string(number); }

}  // namespace

void RelationRenames::add(const char* kind, const std::string& from, const std::string& to) {
  if (from == to) return;
  relations_.push_back({std::string("ALTER ") + kind + " ", from, to, {}});
}

void RelationRenames::add_constraint(const std::string& table, const std::string& from,
                                     const std::string& to) {
  if (from == to) return;
  constraints_.push_back({"ALTER TABLE " + quote_identifier(table), from, to, table});
}

std::vector<std::string> RelationRenames::sql() const {
  std::vector<std::string> statements;
  const auto append = [&](const std::vector<Rename>& renames, bool constraints) {
    const auto statement = [&](const Rename& rename, const std::string& from,
                               const std::string& to) {
      const std::string name = quote_identifier(from);
      statements.push_back(
          rename.what +
          (constraints ? " RENAME CONSTRAINT " + name + " TO " : name + " RENAME TO ") +
          quote_identifier(to));
    };
    const bool crossed = std::any_of(renames.begin(), renames.end(), [&](const Rename& one) {
      return std::any_of(renames.begin(), renames.end(), [&](const Rename& other) {
        return one.to == other.from && one.space == other.space;
      });
    });
    for (std::size_t i = 0; crossed && i < renames.size(); ++i)
      statement(renames[i], renames[i].from, way_name(i));
    for (std::size_t i = 0; i < renames.size(); ++i)
      statement(renames[i], crossed ? way_name(i) : renames[i].from, renames[i].to);
  };
  append(relations_, false);
  append(constraints_, true);
  return statements;
}

}  // namespace godwit::engine
