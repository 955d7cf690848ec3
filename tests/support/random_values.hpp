// Random values of the types whose every bit pattern, or nearly, is a value.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

namespace godwit::test {

using Random = std::mt19937_64;

struct RandomValue {
  std::string literal;   // for MariaDB
  std::string expected;  // from PostgreSQL
};

struct RandomType {
  std::string type;  // of the column, in MariaDB's SQL
  std::string show;  // a column v in PostgreSQL
  std::function<RandomValue(Random&)> make;
};

const std::vector<RandomType>& random_types();
/// INSERT INTO `table` of rows (0, …), (1, …) of these literals.
std::string insert_sql(const std::string& table, const std::vector<RandomValue>& values);

}  // namespace godwit::test
