// The command line of ledger_writers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hand.hpp"

namespace godwit::ledger {

struct Options {
  std::string defaults_file;
  std::string prefix;  // of the tenants' databases; of the shared one
  bool rows = false;   // row tenancy
  int tenants = 8;
  int threads = 4;
  std::uint64_t seed = 0;   // 0: a random one
  double rate = 0;          // transactions a second of all threads; 0: as many as there can be
  unsigned seconds = 0;     // 0: until SIGTERM or SIGINT
  unsigned xa_percent = 0;  // of the transactions
  unsigned rare = 1;        // weight of large transactions and of TRUNCATE
  bool truncate = false;
  bool myisam = false;
};

/// Prints the help and returns nothing for --help; throws std::exception for what is wrong.
std::optional<Options> parse_options(int argc, const char* const* argv);
/// As tests/ledger/make_tenants names them.
std::vector<Tenant> tenants_of(const Options& options);

}  // namespace godwit::ledger
