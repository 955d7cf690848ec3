#include <iostream>
#include <string>
#include <vector>

#include "godwit/cli/app.hpp"

int main(int argc, char** argv) {
  return godwit::cli::run(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr);
}
