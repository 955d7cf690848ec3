// One subcommand: its words, its options and what it does. Each lives in a cmd_<name>.cpp that
// fills a plain options struct and calls one engine function.
#pragma once

#include <iosfwd>
#include <span>
#include <stop_token>
#include <string_view>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

namespace godwit::cli {

namespace po = boost::program_options;

struct Invocation {
  const po::variables_map& options;
  std::ostream& out;
  std::ostream& err;
  bool json = false;
  std::stop_token stop;

  [[nodiscard]] bool has(const char* name) const { return options.count(name) > 0; }
};

struct Command {
  std::string_view name;  // one word, or two: "plan diff"
  std::string_view summary;
  std::string_view usage;     // after "godwit "
  std::string_view examples;  // lines of the help's end, may be empty
  void (*describe)(po::options_description&);
  int (*run)(const Invocation&);
  /// Words that are no options: at most so many, as a vector of texts under kWords.
  int words_max = 0;
};

/// The name under which a command's words stand in its options; not an option by itself.
inline constexpr const char* kWords = "words";

std::span<const Command> commands();

extern const Command kInitCommand;
extern const Command kCheckCommand;
extern const Command kPlanCommand;
extern const Command kPlanDiffCommand;
extern const Command kRunCommand;
extern const Command kVerifyCommand;
extern const Command kStatusCommand;
extern const Command kWatchCommand;
extern const Command kRecopyCommand;
extern const Command kVersionCommand;

}  // namespace godwit::cli
