#include "cascade_plan.hpp"

#include <algorithm>
#include <utility>

#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::apply {
namespace {

using mariadb::ForeignKey;
using postgres::quote_identifier;
using schema::TargetTable;

/// A foreign key of the source whose tables and columns are all on the target.
struct Edge {
  const ForeignKey* key = nullptr;
  const TargetTable* child = nullptr;
  const TargetTable* parent = nullptr;
  std::vector<std::string> columns;     // the child's, target names
  std::vector<std::string> referenced;  // the parent's
  bool held = false;                    // the target has it
};

const schema::TargetColumn* find_column(const TargetTable& table, const std::string& source_name) {
  const auto at = std::find_if(
      table.columns.begin(), table.columns.end(),
      [&](const schema::TargetColumn& column) { return column.source_name == source_name; });
  return at == table.columns.end() ? nullptr : &*at;
}

std::size_t column_index(const TargetTable& table, const std::string& name) {
  const auto at =
      std::find_if(table.columns.begin(), table.columns.end(),
                   [&](const schema::TargetColumn& column) { return column.name == name; });
  return static_cast<std::size_t>(at - table.columns.begin());
}

bool cascades(const std::string& action) { return action == "CASCADE" || action == "SET NULL"; }

/// The action on an update; InnoDB restricts it within a table, whatever the key says.
std::string update_action(const Edge& edge) {
  if (edge.child == edge.parent || !cascades(edge.key->on_update)) return {};
  return edge.key->on_update;
}

std::string delete_action(const Edge& edge) {
  return cascades(edge.key->on_delete) ? edge.key->on_delete : std::string();
}

std::string name_list(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  quoted.reserve(names.size());
  for (const std::string& name : names)
    quoted.push_back(quote_identifier(name));
  return join(quoted, ", ");
}

std::vector<Edge> edges_of(const mariadb::Database& model, const schema::TargetSchema& target) {
  std::vector<Edge> edges;
  for (const TargetTable& child : target.tables) {
    const mariadb::Table* source = model.find_table(child.source_name);
    if (source == nullptr) continue;
    for (const ForeignKey& key : source->foreign_keys) {
      Edge edge{&key, &child, target.find_source_table(key.referenced_table), {}, {}, false};
      if (key.referenced_database != model.name || edge.parent == nullptr) continue;
      for (std::size_t i = 0; i < key.columns.size(); ++i) {
        const auto* column = find_column(child, key.columns[i]);
        const auto* referenced = find_column(*edge.parent, key.referenced_columns[i]);
        if (column == nullptr || referenced == nullptr) break;
        edge.columns.push_back(column->name);
        edge.referenced.push_back(referenced->name);
      }
      if (edge.columns.size() != key.columns.size()) continue;
      edge.held = std::any_of(
          child.foreign_keys.begin(), child.foreign_keys.end(),
          [&](const schema::TargetForeignKey& own) { return own.source_name == key.name; });
      edges.push_back(std::move(edge));
    }
  }
  return edges;
}

/// What happens to the rows of a table that a condition selects.
struct Effect {
  bool removed = false;
  // If not: its columns that get another value, and these, as SQL.
  std::vector<std::string> columns;
  std::vector<std::string> values;
};

/// Builds the statements of one change of one parent by one key.
class KeyWalk {
 public:
  explicit KeyWalk(const std::vector<Edge>& edges) : edges_(edges) {}

  void start(const Edge& edge, const std::string& action, bool removes) {
    const TargetTable& parent = *edge.parent;
    std::string condition;
    Effect effect;
    effect.removed = removes && action == "CASCADE";
    for (std::size_t i = 0; i < edge.columns.size(); ++i) {
      const std::size_t column = column_index(parent, edge.referenced[i]);
      condition += (i == 0 ? "" : " AND ") + quote_identifier(edge.columns[i]) + " = " +
                   parameter({false, column}, parent.columns[column].type);
      if (effect.removed) continue;
      effect.columns.push_back(edge.columns[i]);
      effect.values.push_back(
          action == "SET NULL" ? "NULL" : parameter({true, column}, parent.columns[column].type));
    }
    visit(edge, effect, condition);
  }

  [[nodiscard]] std::vector<CascadeStatement> statements() {
    if (!lacking_ || !problem().empty()) return {};
    return std::move(statements_);
  }
  [[nodiscard]] std::string problem() const {
    if (!lacking_) return {};
    if (cyclic_) return "its cascades go in a circle that PostgreSQL's keys can't follow";
    if (deep_) {
      return "its cascades go over more than " + std::to_string(CascadePlan::kDepthMax) +
             " tables, or in too many ways";
    }
    return {};
  }

 private:
  /// Stands for the value until the statement is complete: no name holds a NUL.
  std::string parameter(CascadeValue value, const std::string& type) {
    parameters_.push_back({value, type});
    return {'\0', static_cast<char>(parameters_.size() - 1)};
  }

  void visit(const Edge& edge, const Effect& effect, const std::string& condition) {
    if (std::find(path_.begin(), path_.end(), &edge) != path_.end()) {
      cyclic_ = true;
      lacking_ = lacking_ || std::any_of(path_.begin(), path_.end(),
                                         [](const Edge* on_path) { return !on_path->held; });
      return;
    }
    if (path_.size() >= CascadePlan::kDepthMax ||
        statements_.size() >= CascadePlan::kStatementsMax || ++visits_ > kVisitsMax) {
      deep_ = true;
      return;
    }
    path_.push_back(&edge);
    for (const Edge& next : edges_) {
      if (next.parent == edge.child) follow(next, effect, condition);
    }
    path_.pop_back();
    if (edge.held) return;
    lacking_ = true;
    statements_.push_back(statement(edge, effect, condition));
  }

  void follow(const Edge& next, const Effect& effect, const std::string& condition) {
    const std::string action = effect.removed ? delete_action(next) : update_action(next);
    if (action.empty()) return;
    Effect reached;
    reached.removed = effect.removed && action == "CASCADE";
    bool concerned = effect.removed;
    for (std::size_t i = 0; i < next.columns.size(); ++i) {
      const auto changed =
          std::find(effect.columns.begin(), effect.columns.end(), next.referenced[i]);
      concerned = concerned || changed != effect.columns.end();
      if (reached.removed) continue;
      if (action == "SET NULL") {
        reached.columns.push_back(next.columns[i]);
        reached.values.emplace_back("NULL");
      } else if (changed != effect.columns.end()) {
        reached.columns.push_back(next.columns[i]);
        reached.values.push_back(
            effect.values[static_cast<std::size_t>(changed - effect.columns.begin())]);
      }
    }
    if (!concerned) return;
    visit(next, reached,
          "(" + name_list(next.columns) + ") IN (SELECT " + name_list(next.referenced) + " FROM " +
              quote_identifier(next.parent->name) + " WHERE " + condition + ")");
  }

  [[nodiscard]] CascadeStatement statement(const Edge& edge, const Effect& effect,
                                           const std::string& condition) const {
    const std::string table = quote_identifier(edge.child->name);
    std::string sql;
    if (effect.removed) {
      sql = "DELETE FROM " + table;
    } else {
      sql = "UPDATE " + table + " SET ";
      for (std::size_t i = 0; i < effect.columns.size(); ++i) {
        sql +=
            (i == 0 ? "" : ", ") + quote_identifier(effect.columns[i]) + " = " + effect.values[i];
      }
    }
    return numbered(sql + " WHERE " + condition);
  }

  /// With the parameters that it uses, and only those: the server must be able to tell their types.
  [[nodiscard]] CascadeStatement numbered(const std::string& text) const {
    CascadeStatement statement;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\0') {
        statement.sql += text[i];
        continue;
      }
      const Parameter& parameter = parameters_[static_cast<unsigned char>(text[++i])];
      std::vector<CascadeValue>& used = statement.parameters;
      const auto at = std::find(used.begin(), used.end(), parameter.value);
      const std::ptrdiff_t number = at - used.begin() + 1;
      if (at == used.end()) used.push_back(parameter.value);
      // The child's type may be another one; the value is encoded as the parent's.
      statement.sql += "$" + std::to_string(number) + "::" + parameter.type;
    }
    return statement;
  }

  static constexpr std::size_t kVisitsMax = 10'000;
  const std::vector<Edge>& edges_;
  std::vector<const Edge*> path_;
  struct Parameter {
    CascadeValue value;
    std::string type;
  };
  std::vector<Parameter> parameters_;  // two for each column of a key, which has 32 at most
  std::vector<CascadeStatement> statements_;
  std::size_t visits_ = 0;
  bool lacking_ = false;
  bool cyclic_ = false;
  bool deep_ = false;
};

}  // namespace

CascadePlan::CascadePlan(const mariadb::Database& model, const schema::TargetSchema& target) {
  const std::vector<Edge> edges = edges_of(model, target);
  const auto lacks = [](const Edge& edge) {
    return !edge.held && (cascades(edge.key->on_delete) || cascades(edge.key->on_update));
  };
  if (std::none_of(edges.begin(), edges.end(), lacks)) return;
  for (const Edge& edge : edges) {
    CascadeKey key;
    key.name = edge.key->name;
    for (const std::string& column : edge.referenced)
      key.columns.push_back(column_index(*edge.parent, column));
    if (const std::string action = delete_action(edge); !action.empty()) {
      KeyWalk walk(edges);
      walk.start(edge, action, true);
      key.delete_problem = walk.problem();
      key.on_delete = walk.statements();
    }
    if (const std::string action = update_action(edge); !action.empty()) {
      KeyWalk walk(edges);
      walk.start(edge, action, false);
      key.update_problem = walk.problem();
      key.on_update = walk.statements();
    }
    const bool needed = !key.on_delete.empty() || !key.on_update.empty() ||
                        !key.delete_problem.empty() || !key.update_problem.empty();
    if (needed) keys_[edge.parent].push_back(std::move(key));
  }
}

const std::vector<CascadeKey>* CascadePlan::find(const schema::TargetTable& parent) const {
  const auto at = keys_.find(&parent);
  return at == keys_.end() ? nullptr : &at->second;
}

}  // namespace godwit::apply
