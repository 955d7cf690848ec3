// What the generator is asked for on its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace godwit::monolith {

enum class Tenancy { database, rows };

struct Options {
  Tenancy tenancy = Tenancy::database;
  int tenants = 12;
  std::uint64_t rows_total = 0;  // over all tenants, about
  std::uint64_t seed = 1;
  std::string prefix = "crm_";
  std::string directory;  // database of the directory table; empty: none
  bool binlog = true;     // whether loading the rows is written to the source's binlog
};

// Empty when only help was wanted. Throws std::exception for what cannot be meant.
std::optional<Options> parse_options(int argc, const char* const* argv);

}  // namespace godwit::monolith
