// Which changes of a table's rows may share one statement, see RowSet.
#pragma once

#include <cstdint>
#include <vector>

#include "cascade_plan.hpp"
#include "godwit/apply/schema_plan.hpp"

namespace godwit::apply {

/// Object ids of a type and of the array over it; 0: none that unnest() would take apart into such
/// values.
/// https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/catalog/pg_type.dat
struct ArrayType {
  std::uint32_t element = 0;
  std::uint32_t array = 0;
};

ArrayType array_type(const schema::TargetColumn& column);

struct SetPlan {
  std::vector<ArrayType> arrays;  // by TargetTable::columns
  std::vector<bool> referenced;   // by foreign keys of the source
  std::vector<bool> unique;       // part of a unique key: the order of such updates matters
  bool inserts = false;
  bool removes = false;
  bool updates = false;  // of columns that are neither, with arrays
};

SetPlan make_set_plan(const mariadb::Database& model, const TablePlan& table,
                      const CascadePlan& cascades);

}  // namespace godwit::apply
