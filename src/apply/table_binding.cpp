#include "table_binding.hpp"

#include <algorithm>
#include <utility>

#include "evidence.hpp"
#include "godwit/core/error.hpp"

namespace godwit::apply {
namespace {

bool has_sign(mariadb::ColumnType type) {
  using enum mariadb::ColumnType;
  switch (type) {
    case tinyint:
    case smallint:
    case mediumint:
    case integer:
    case bigint:
    case decimal:
    case float_:
    case double_: return true;
    default: return false;
  }
}

/// A UNIQUE key of long columns has a column of its own, a hash, behind those of the table; the
/// catalog doesn't show it. https://mariadb.com/kb/en/unique-key-using-hash/ and measured on 10.11.
std::size_t hidden_columns_max(const mariadb::Table& table) {
  return static_cast<std::size_t>(
      std::count_if(table.indexes.begin(), table.indexes.end(), [](const mariadb::Index& index) {
        return index.unique && index.kind == mariadb::IndexKind::hash;
      }));
}

std::string count_problem(const mariadb::Table& table, const capture::ColumnMap& map) {
  const std::size_t known = table.columns.size();
  const std::size_t mapped = map.columns.size();
  const bool hidden = mapped > known && mapped - known <= hidden_columns_max(table) &&
                      std::all_of(map.columns.begin() + static_cast<std::ptrdiff_t>(known),
                                  map.columns.end(), [](const capture::MappedColumn& column) {
                                    return column.binlog.type == schema::binlog_type::kLongLong;
                                  });
  if (mapped == known || hidden) return {};
  return "it has " + std::to_string(mapped) + " columns in the binlog, " + std::to_string(known) +
         " in the catalog";
}

/// Names are there with binlog_row_metadata=FULL.
std::string name_problem(const mariadb::Table& table, const capture::MappedTable& map) {
  const std::vector<std::string> names = capture::read_table_metadata(map).names;
  for (std::size_t i = 0; i < table.columns.size() && i < names.size(); ++i) {
    if (names[i] == table.columns[i].name) continue;
    return "column " + std::to_string(i + 1) + " is named " + names[i] + " in the binlog, " +
           table.columns[i].name + " in the catalog";
  }
  return {};
}

}  // namespace

std::string definition_problem(const TablePlan& plan, const capture::MappedTable& mapped_table) {
  const mariadb::Table& table = *plan.source;
  const capture::ColumnMap& map = mapped_table.columns;
  if (std::string problem = count_problem(table, map); !problem.empty()) return problem;
  if (std::string problem = name_problem(table, mapped_table); !problem.empty()) return problem;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const mariadb::Column& column = table.columns[i];
    const capture::MappedColumn& mapped = map.columns[i];
    if (column.nullable != mapped.nullable) {
      return "column " + column.name + " takes NULL " +
             (mapped.nullable ? "in the binlog, not in the catalog"
                              : "in the catalog, not in the binlog");
    }
    if (map.has_signedness && has_sign(column.type) && column.is_unsigned != mapped.is_unsigned) {
      return "column " + column.name + " is unsigned in " +
             (mapped.is_unsigned ? "the binlog, not in the catalog"
                                 : "the catalog, not in the binlog");
    }
  }
  return {};
}

TableBinding bind_table(const TablePlan& plan, std::shared_ptr<const capture::MappedTable> map) {
  Evidence evidence;
  evidence.problem = "the table's definition in the binlog is not the one that was copied";
  evidence.table = plan.source->name;
  evidence.message = definition_problem(plan, *map);
  if (!evidence.message.empty()) throw Diverged(std::move(evidence));

  TableBinding binding;
  binding.columns = map->columns;
  for (std::size_t i = 0; i < plan.source->columns.size(); ++i)
    capture::set_fraction(binding.columns.columns[i], plan.source->columns[i].fraction);
  binding.codecs.reserve(plan.target->columns.size());
  try {
    for (std::size_t i = 0; i < plan.target->columns.size(); ++i) {
      const schema::TargetColumn& column = plan.target->columns[i];
      binding.codecs.push_back(
          schema::make_binlog_codec(plan.source->columns[column.source_index],
                                    binding.columns.columns[column.source_index].binlog,
                                    column.form, column.policies, plan.charsets[i]));
    }
  } catch (const Error& error) {
    evidence.message = error.what();
    throw Diverged(std::move(evidence));
  }
  binding.map = std::move(map);
  return binding;
}

}  // namespace godwit::apply
