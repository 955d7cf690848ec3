#include "support/zabbix.hpp"

#include <stdexcept>
#include <vector>

#include "support/process.hpp"
#include "support/servers.hpp"

namespace godwit::test {

namespace {

std::string run_or_throw(const std::vector<std::string>& argv) {
  ProcessResult result = run_process(argv);
  if (result.exit_code != 0) throw std::runtime_error(argv.back() + ": " + result.err);
  return std::move(result.out);
}

/// The arguments are $0, $1 …: nothing is quoted into the script.
void run_script(const std::string& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"/bin/bash", "-c", "set -euo pipefail; " + script};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  run_or_throw(argv);
}

}  // namespace

const std::string& zabbix_folder() {
  static const std::string kFolder = [] {
    std::string printed =
        run_or_throw({"/bin/bash", std::string(GODWIT_SOURCE_DIR) + "/tests/support/fetch_zabbix"});
    while (!printed.empty() && printed.back() == '\n')
      printed.pop_back();
    return printed;
  }();
  return kFolder;
}

void load_zabbix_source(const std::string& database, bool with_rows) {
  const std::string folder = zabbix_folder() + "/mysql/";
  std::vector<std::string> arguments = {servers().source_root_defaults, database,
                                        folder + "schema.sql.gz"};
  if (with_rows) {
    arguments.push_back(folder + "images.sql.gz");
    arguments.push_back(folder + "data.sql.gz");
  }
  run_script(
      "zcat \"${@:2}\" | mariadb --defaults-file=\"$0\" --default-character-set=utf8mb4 \"$1\"",
      arguments);
}

void load_zabbix_twin(const std::string& database) {
  run_script(
      "zcat \"$2\" | PGOPTIONS='-c client_min_messages=warning' psql -X -q -v ON_ERROR_STOP=1 "
      "-d \"$0\" -c \"\\connect \\\"$1\\\"\" -f - >/dev/null",
      {servers().target_uri, database, zabbix_folder() + "/pgsql/schema.sql.gz"});
}

}  // namespace godwit::test
