#include <ostream>

#include "command.hpp"
#include "godwit/core/version.hpp"
#include "json_output.hpp"

namespace godwit::cli {
namespace {

int run_version(const Invocation& invocation) {
  if (invocation.json) {
    print_json(invocation.out, "version",
               {{"version", std::string(version())}, {"commit", std::string(commit())}});
  } else {
    invocation.out << "godwit " << version() << " (commit " << commit() << ")\n";
  }
  return 0;
}

}  // namespace

const Command kVersionCommand{"version",
                              "prints the version and the commit it was built from",
                              "version [--json]",
                              "",
                              [](po::options_description&) {},
                              run_version};

}  // namespace godwit::cli
