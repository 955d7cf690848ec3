#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/copy_tasks.hpp"

using godwit::engine::CopyTask;
using godwit::engine::CopyTasks;
using godwit::engine::TableRanges;
using godwit::schema::TargetSchema;
using Kind = CopyTask::Kind;

namespace {

/// `tables` tables, each with a primary key and one index.
TargetSchema schema_of(std::size_t tables) {
  TargetSchema schema;
  for (std::size_t i = 0; i < tables; ++i) {
    auto& table = schema.tables.emplace_back();
    table.indexes.resize(2);
    table.indexes.front().primary = true;
  }
  return schema;
}

}  // namespace

TEST_CASE("readers spread over tables, locked tables first") {
  const TargetSchema schema = schema_of(3);
  CopyTasks tasks(schema, {{{"a1", "a2", "a3"}, 300, false}, {{"b1"}, 150, false}, {{""}, 1, true}},
                  4);
  CHECK(tasks.take()->table == 2);
  CHECK(tasks.take()->where == "a1");
  CHECK(tasks.take()->where == "b1");
  CHECK(tasks.take()->where == "a2");
  CHECK(tasks.rows_left());
}

TEST_CASE("a table far larger than the others has several readers from the start") {
  const TargetSchema schema = schema_of(3);
  CopyTasks tasks(
      schema, {{{"b1"}, 10, false}, {{"a1", "a2", "a3", "a4"}, 400, false}, {{"c1"}, 90, false}},
      4);
  CHECK(tasks.take()->where == "a1");
  CHECK(tasks.take()->where == "a2");
  CHECK(tasks.take()->where == "c1");
  CHECK(tasks.take()->where == "a3");
}

TEST_CASE("a reader joins a table only when it would end too late otherwise") {
  const TargetSchema schema = schema_of(6);
  const TableRanges large{{"a1", "a2", "a3", "a4"}, 400, false};
  const auto small = [](const char* name) { return TableRanges{{name}, 90, false}; };
  // 300 left of the large table, 450 of the others: two readers share that well
  CopyTasks two(schema, {large, small("b"), small("c"), small("d"), small("e"), small("f")}, 2);
  CHECK(two.take()->where == "a1");
  CHECK(two.take()->where == "b");
  // three have 250 each
  CopyTasks three(schema, {large, small("b"), small("c"), small("d"), small("e"), small("f")}, 3);
  CHECK(three.take()->where == "a1");
  CHECK(three.take()->where == "a2");
  CHECK(three.take()->where == "b");
}

TEST_CASE("a table is built after its last range, before other tables' rows, in order") {
  const TargetSchema schema = schema_of(2);
  CopyTasks tasks(schema, {{{"a1", "a2"}, 10, false}, {{"b1"}, 5, false}}, 2);
  const CopyTask a1 = tasks.take().value();
  const CopyTask b1 = tasks.take().value();
  const CopyTask a2 = tasks.take().value();
  CHECK(a2.where == "a2");
  CHECK_FALSE(tasks.done(a2));
  CHECK_FALSE(tasks.done(a1));
  const CopyTask key = tasks.take().value();
  CHECK(key.kind == Kind::primary_key);
  CHECK(key.table == 0);
  tasks.done(key);
  const CopyTask index = tasks.take().value();
  CHECK(index.kind == Kind::index);
  CHECK(index.index == 1);
  tasks.done(index);
  CHECK(tasks.done(b1));  // the last rows
  CHECK_FALSE(tasks.rows_left());
  for (const Kind kind : {Kind::primary_key, Kind::index}) {
    const CopyTask of_b = tasks.take().value();
    CHECK(of_b.kind == kind);
    CHECK(of_b.table == 1);
    tasks.done(of_b);
  }
  // statistics only when all rows are in
  for (const std::size_t table : {0U, 1U}) {
    const CopyTask statistics = tasks.take().value();
    CHECK(statistics.kind == Kind::statistics);
    CHECK(statistics.table == table);
    tasks.done(statistics);
  }
  CHECK_FALSE(tasks.take());
}

TEST_CASE("every range is taken once and the queue ends") {
  const TargetSchema schema = schema_of(5);
  std::vector<TableRanges> ranges;
  for (std::uint64_t i = 0; i < 5; ++i)
    ranges.push_back({{"x", "y", "z"}, i * 100, i == 3});
  CopyTasks tasks(schema, ranges, 3);
  std::multiset<std::string> seen;
  std::size_t statistics = 0;
  while (const auto task = tasks.take()) {
    if (task->kind == Kind::rows) seen.insert(std::to_string(task->table) + task->where);
    if (task->kind == Kind::statistics) ++statistics;
    tasks.done(*task);
  }
  CHECK(seen.size() == 15);
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 15);
  CHECK(statistics == 5);
}

TEST_CASE("an abandoned queue gives nothing more") {
  const TargetSchema schema = schema_of(1);
  CopyTasks tasks(schema, {{{"a"}, 1, false}}, 1);
  tasks.abandon();
  CHECK_FALSE(tasks.take());
}

TEST_CASE("of tables whose rows are in, only keys, indexes and statistics are left") {
  const TargetSchema schema = schema_of(2);
  CopyTasks tasks(schema, std::vector<TableRanges>(2), 2);
  CHECK_FALSE(tasks.rows_left());
  std::map<Kind, int> kinds;
  while (const auto task = tasks.take()) {
    ++kinds[task->kind];
    CHECK_FALSE(tasks.done(*task));
  }
  CHECK(kinds ==
        std::map<Kind, int>{{Kind::primary_key, 2}, {Kind::index, 2}, {Kind::statistics, 2}});
}
