#include "input_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::plan {

std::string read_input_file(const std::string& what, const std::string& path,
                            std::uintmax_t bytes_max) {
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(path, problem);
  const auto fail = [&](const std::string& why) {
    return Error(ErrorKind::plan_invalid,
                 "the " + what + " " + printable(path) + " can't be read: " + why);
  };
  if (problem) throw fail(problem.message());
  if (size > bytes_max) throw fail("it is larger than " + human_bytes(bytes_max));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file || !text) throw fail("reading failed");
  return std::move(text).str();
}

}  // namespace godwit::plan
