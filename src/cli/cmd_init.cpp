#include <cstdlib>
#include <ostream>

#include "command.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/proposal.hpp"
#include "json_output.hpp"
#include "new_file.hpp"

namespace godwit::cli {
namespace {

void describe(po::options_description& options) {
  auto add = options.add_options();
  add("source", po::value<std::string>()->value_name("URI"),
      "mariadb://user@host:3306/ (password: GODWIT_SOURCE_PASSWORD or an option file)");
  add("target", po::value<std::vector<std::string>>()->value_name("URI"),
      "postgresql:// URI of a cluster; may be repeated");
  add("tenancy", po::value<std::string>()->value_name("database|row"),
      "a database per tenant, or tables that tenants share (default: whichever is found)");
  add("databases", po::value<std::string>()->value_name("PATTERN"),
      "the tenants' databases, e.g. 'crm_%', or with --tenancy row where to look for shared tables "
      "(default: proposed from the catalog)");
  add("directory", po::value<std::string>()->value_name("DB.TABLE(COLUMN)"),
      "a table that lists the tenants, and its column with their databases, or with --tenancy row "
      "with their keys (default: looked for)");
  add("output,o", po::value<std::string>()->value_name("FILE"),
      "where to write the plan (default: stdout); an existing file is kept");
}

int run_init(const Invocation& invocation) {
  if (!invocation.has("source") || !invocation.has("target")) {
    throw Error(ErrorKind::usage, "init needs --source and at least one --target",
                "godwit init --source mariadb://godwit@db1:3306/ --target "
                "postgresql://godwit@pg-01:5432");
  }
  plan::ProposalOptions options;
  options.source_uri = invocation.options["source"].as<std::string>();
  options.target_uris = invocation.options["target"].as<std::vector<std::string>>();
  if (invocation.has("databases")) {
    options.pattern = invocation.options["databases"].as<std::string>();
  }
  if (invocation.has("tenancy")) options.tenancy = invocation.options["tenancy"].as<std::string>();
  if (invocation.has("directory")) {
    options.directory = invocation.options["directory"].as<std::string>();
  }
  mariadb::Endpoint endpoint = mariadb::parse_uri(options.source_uri);
  if (const char* password = std::getenv("GODWIT_SOURCE_PASSWORD")) {
    endpoint.password = Secret(password);
  }
  mariadb::Connection source(endpoint);
  const std::string text = plan::propose_plan(options, source);
  const bool to_file = invocation.has("output");
  std::string path;
  if (to_file) {
    path = invocation.options["output"].as<std::string>();
    write_new_file(path, text);
    if (!invocation.json) {
      invocation.err << "wrote " << path << "; review it, then: godwit check -p " << path << '\n';
    }
  }
  if (invocation.json) {
    print_json(invocation.out, "init", {{"file", path}, {"plan", text}});
  } else if (!to_file) {
    invocation.out << text;
  }
  return 0;
}

}  // namespace

const Command kInitCommand{
    "init",
    "inspects a source and proposes a commented plan",
    "init --source URI --target URI… [-o plan.yaml]",
    "  GODWIT_SOURCE_PASSWORD=… godwit init --source mariadb://godwit@db1:3306/ \\\n"
    "      --target postgresql://godwit@pg-01:5432 --target postgresql://godwit@pg-02:5432 \\\n"
    "      -o plan.yaml\n",
    describe,
    run_init};

}  // namespace godwit::cli
