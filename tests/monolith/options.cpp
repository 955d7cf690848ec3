#include "options.hpp"

#include <boost/program_options.hpp>
#include <cmath>
#include <iostream>
#include <stdexcept>

namespace godwit::monolith {
namespace {

namespace po = boost::program_options;

constexpr int kTenantsMax = 99'999;
constexpr double kRowsTotalMax = 1e10;

po::options_description describe(Options& options) {
  po::options_description all(
      "monolith: SQL of a made-up multi-tenant CRM, for the mariadb client");
  auto add = all.add_options();
  add("help", "this text");
  add("tenancy", po::value<std::string>()->default_value("database"),
      "database: a database per tenant; rows: shared tables with a company_id");
  add("tenants", po::value(&options.tenants)->default_value(options.tenants), "how many");
  add("size", po::value<std::string>()->default_value("S"),
      "S: 25,000 rows; M: about 1 GB of values; L: about 10 GB");
  add("rows-total", po::value<std::uint64_t>(), "about so many rows in all, instead of --size");
  add("scale-rows", po::value<double>()->default_value(1.0), "multiplies the number of rows");
  add("prefix", po::value(&options.prefix)->default_value(options.prefix),
      "of database names; rows tenancy uses <prefix>shared");
  add("directory", po::value(&options.directory),
      "database tenancy: also write <DB>.companies(id, slug, db_name, status)");
  add("seed", po::value(&options.seed)->default_value(options.seed), "other seed, other rows");
  add("no-binlog", po::bool_switch(), "load the rows without writing them to the binlog");
  return all;
}

std::uint64_t rows_of_size(const std::string& size) {
  if (size == "S") return 25'000;
  if (size == "M") return 6'000'000;
  if (size == "L") return 60'000'000;
  throw std::invalid_argument("--size is S, M or L, not '" + size + "'");
}

Tenancy tenancy_of(const std::string& name) {
  if (name == "database") return Tenancy::database;
  if (name == "rows") return Tenancy::rows;
  throw std::invalid_argument("--tenancy is database or rows, not '" + name + "'");
}

// Names go unquoted into the manifest and file names of tests, so they stay plain.
void require_plain_name(const std::string& option, const std::string& name) {
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos ||
      name.size() > 50) {
    throw std::invalid_argument(option + " is made of a-z, 0-9 and _, at most 50, not '" + name +
                                "'");
  }
}

}  // namespace

std::optional<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  const auto description = describe(options);
  po::variables_map values;
  const auto parsed =
      po::command_line_parser(argc, argv)
          .options(description)
          .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
          .run();
  po::store(parsed, values);
  if (values.count("help") != 0) {
    std::cout << description;
    return std::nullopt;
  }
  po::notify(values);

  options.tenancy = tenancy_of(values["tenancy"].as<std::string>());
  options.binlog = !values["no-binlog"].as<bool>();
  options.rows_total = values.count("rows-total") != 0
                           ? values["rows-total"].as<std::uint64_t>()
                           : rows_of_size(values["size"].as<std::string>());
  const double scale = values["scale-rows"].as<double>();
  if (!(scale > 0 && scale <= 1000)) throw std::invalid_argument("--scale-rows is in (0, 1000]");
  const double rows = static_cast<double>(options.rows_total) * scale;
  if (rows > kRowsTotalMax) {
    throw std::invalid_argument("the number of rows is between 0 and 10,000,000,000");
  }
  options.rows_total = static_cast<std::uint64_t>(std::llround(rows));

  if (options.tenants < 1 || options.tenants > kTenantsMax) {
    throw std::invalid_argument("--tenants is between 1 and 99999");
  }
  require_plain_name("--prefix", options.prefix);
  require_plain_name("--directory", options.directory);
  if (!options.directory.empty() && options.tenancy == Tenancy::rows) {
    throw std::invalid_argument(
        "--directory: rows tenancy has its directory in the shared database");
  }
  return options;
}

}  // namespace godwit::monolith
