#include "options.hpp"

#include <boost/program_options.hpp>
#include <iostream>
#include <random>
#include <stdexcept>

namespace godwit::ledger {
namespace {

namespace po = boost::program_options;

constexpr int kTenantsMax = 9'999;
constexpr int kThreadsMax = 256;
constexpr std::size_t kDigits = 4;  // of a tenant's number in its name

po::options_description describe(Options& options) {
  po::options_description all(
      "ledger_writers: random load on the tenants of tests/ledger/schema.sql");
  auto add = all.add_options();
  add("help", "this text");
  add("defaults-file", po::value(&options.defaults_file)->required(), "the account's option file");
  add("prefix", po::value(&options.prefix)->required(), "of the databases' names");
  add("tenancy", po::value<std::string>()->default_value("database"), "database or row");
  add("tenants", po::value(&options.tenants)->default_value(options.tenants), "how many there are");
  add("threads", po::value(&options.threads)->default_value(options.threads), "connections");
  add("seed", po::value(&options.seed)->default_value(options.seed), "0: a random one, printed");
  add("rate", po::value(&options.rate)->default_value(options.rate),
      "transactions a second of all threads; 0: no limit");
  add("seconds", po::value(&options.seconds)->default_value(options.seconds), "0: until SIGTERM");
  add("xa", po::value(&options.xa_percent)->default_value(options.xa_percent),
      "percent of the transactions in two phases");
  add("rare", po::value(&options.rare)->default_value(options.rare),
      "weight of large transactions and of TRUNCATE among some 150");
  add("truncate", po::bool_switch(&options.truncate), "empty a table by TRUNCATE now and then");
  add("myisam", po::bool_switch(&options.myisam), "write a table of MyISAM, too");
  return all;
}

}  // namespace

std::optional<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  const auto description = describe(options);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv)
                .options(description)
                .positional(po::positional_options_description())
                .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                .run(),
            values);
  if (values.count("help") != 0) {
    std::cout << description;
    return std::nullopt;
  }
  po::notify(values);
  const std::string tenancy = values["tenancy"].as<std::string>();
  if (tenancy != "database" && tenancy != "row") {
    throw std::invalid_argument("--tenancy is database or row, not '" + tenancy + "'");
  }
  options.rows = tenancy == "row";
  if (options.tenants < 1 || options.tenants > kTenantsMax || options.threads < 1 ||
      options.threads > kThreadsMax || options.rate < 0 || options.xa_percent > 100 ||
      options.rare > 100) {
    throw std::invalid_argument("a number is out of its range");
  }
  if (options.seed == 0) options.seed = 1 + std::random_device{}() % 999'999;
  return options;
}

std::vector<Tenant> tenants_of(const Options& options) {
  std::vector<Tenant> tenants;
  for (int number = 1; number <= options.tenants; ++number) {
    const std::string digits = std::to_string(number);
    if (options.rows) {
      tenants.push_back({options.prefix + "shared", number});
    } else {
      tenants.push_back({options.prefix + std::string(kDigits - digits.size(), '0') + digits, 0});
    }
  }
  return tenants;
}

}  // namespace godwit::ledger
