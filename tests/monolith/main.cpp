// Writes the SQL of a made-up multi-tenant CRM to stdout:
//
//   monolith --tenancy database --tenants 12 --size S | mariadb
//
// The same arguments give the same rows, also across tenancies, apart from ids and the tenant
// column. The rows are made on the server, so the script stays small whatever the size.

#include <exception>
#include <iostream>

#include "options.hpp"
#include "script.hpp"

int main(int argc, char** argv) {
  try {
    const auto options = godwit::monolith::parse_options(argc, argv);
    if (!options) return 0;
    godwit::monolith::write_script(*options, std::cout);
    std::cout.flush();
    return std::cout ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "monolith: " << error.what() << '\n';
    return 2;
  }
}
