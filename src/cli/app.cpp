#include "godwit/cli/app.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>
#include <utility>

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/secret.hpp"
#include "godwit/core/text.hpp"
#include "json_output.hpp"
#include "signals.hpp"

namespace godwit::cli {
namespace {

constexpr std::string_view kEnvironmentPrefix = "GODWIT_";
/// Of the commands' names in the overview, with the space behind.
constexpr std::size_t kNameWidth = 11;

void describe_common(po::options_description& options) {
  auto add = options.add_options();
  add("json", po::bool_switch(), "print one JSON document instead of text");
  add("log-level", po::value<std::string>()->value_name("LEVEL"),
      "trace, debug, info, warn or error (default: info; warn on a terminal)");
  add("log-format", po::value<std::string>()->value_name("text|json")->default_value("text"),
      "format of the log lines on stderr");
  add("help,h", po::bool_switch(), "print this help");
}

void print_overview(std::ostream& out) {
  out << "godwit moves the tenants of a MariaDB monolith to PostgreSQL clusters.\n\n"
         "Usage: godwit <command> [options]\n\nCommands:\n";
  for (const Command& command : commands()) {
    out << "  " << command.name << std::string(kNameWidth - command.name.size(), ' ')
        << command.summary << '\n';
  }
  out << "\n'godwit <command> --help' describes one. Every option --some-name has an environment "
         "twin GODWIT_SOME_NAME.\n"
         "Exit codes: 0 done, 1 internal, 2 usage, 3 plan invalid, 4 preflight failed, 5 source "
         "unreachable,\n6 target unreachable, 7 data or schema rejected, 8 verification found "
         "differences,\n9 binlog position lost, 10 stopped on request, 11 held by another "
         "engine.\n";
}

void print_help(const Command& command, const po::options_description& options, std::ostream& out) {
  out << command.summary << "\n\nUsage: godwit " << command.usage << "\n\n" << options;
  if (!command.examples.empty()) out << "\nExamples:\n" << command.examples;
}

const Command* look_up(std::string_view name) {
  for (const Command& command : commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

[[noreturn]] void refuse_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command& command : commands())
    names.push_back(command.name);
  const std::string_view near = nearest(name, names);
  throw Error(ErrorKind::usage, "unknown command '" + printable(name) + "'",
              near.empty() ? "godwit --help lists the commands"
                           : "did you mean '" + std::string(near) + "'?");
}

/// The command that the first words name, and how many words that is. Two words go before one.
std::pair<const Command*, std::ptrdiff_t> find_command(const std::vector<std::string>& arguments) {
  const std::string& first = arguments.front();
  const bool has_second = arguments.size() > 1 && !arguments[1].starts_with('-');
  const std::string both = has_second ? first + " " + arguments[1] : first;
  if (has_second) {
    if (const Command* command = look_up(both)) return {command, 2};
  }
  const Command* command = look_up(first == "--version" ? "version" : first);
  if (command == nullptr) refuse_command(first);
  // a word that the command can't take: most likely a misspelt second word
  const bool may_have_second =
      std::any_of(commands().begin(), commands().end(),
                  [&](const Command& other) { return other.name.starts_with(first + " "); });
  if (has_second && may_have_second && command->words_max == 0) refuse_command(both);
  return {command, 1};
}

po::variables_map parse(const Command& command, const po::options_description& options,
                        const std::vector<std::string>& arguments) {
  po::variables_map values;
  po::options_description accepted;
  accepted.add(options);
  po::positional_options_description words;
  if (command.words_max > 0) {
    accepted.add_options()(kWords, po::value<std::vector<std::string>>());
    words.add(kWords, command.words_max);
  }
  po::store(po::command_line_parser(arguments)
                .options(accepted)
                .positional(words)
                .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                .run(),
            values);
  // GODWIT_LOG_LEVEL → log-level; variables that are no option of this command are not ours
  po::store(po::parse_environment(options,
                                  [&](const std::string& variable) -> std::string {
                                    if (!variable.starts_with(kEnvironmentPrefix)) return {};
                                    std::string name =
                                        lowercase_ascii(variable.substr(kEnvironmentPrefix.size()));
                                    std::replace(name.begin(), name.end(), '_', '-');
                                    const bool known = options.find_nothrow(name, false) != nullptr;
                                    return known && name != "help" ? name : std::string();
                                  }),
            values);
  po::notify(values);
  return values;
}

void configure_log(const po::variables_map& options) {
  static constexpr std::array<std::pair<std::string_view, log::Level>, 5> kLevels{
      {{"trace", log::Level::trace},
       {"debug", log::Level::debug},
       {"info", log::Level::info},
       {"warn", log::Level::warn},
       {"error", log::Level::error}}};
  log::Level level = isatty(2) == 1 ? log::Level::warn : log::Level::info;
  if (options.count("log-level") > 0) {
    const std::string word = options["log-level"].as<std::string>();
    const auto* found = std::find_if(kLevels.begin(), kLevels.end(),
                                     [&](const auto& entry) { return entry.first == word; });
    if (found == kLevels.end()) {
      throw Error(ErrorKind::usage, "--log-level takes trace, debug, info, warn or error, not '" +
                                        printable(word) + "'");
    }
    level = found->second;
  }
  const std::string format = options["log-format"].as<std::string>();
  if (format != "text" && format != "json") {
    throw Error(ErrorKind::usage,
                "--log-format takes text or json, not '" + printable(format) + "'");
  }
  log::configure(level, format == "json" ? log::Format::json : log::Format::text);
}

int fail(const Error& error, bool json, std::ostream& out, std::ostream& err) {
  if (json) {
    print_json(out, "error", {{"error", error_json(error)}});
  }
  err << "godwit: error: " << error.what() << '\n';
  if (!error.hint().empty()) err << "  hint: " << error.hint() << '\n';
  return exit_code(error.kind());
}

int run_command(const Command& command, const std::vector<std::string>& arguments,
                std::ostream& out, std::ostream& err, bool& json) {
  po::options_description own("Options");
  command.describe(own);
  po::options_description common("Output");
  describe_common(common);
  po::options_description all;
  all.add(own).add(common);
  po::variables_map options;
  try {
    options = parse(command, all, arguments);
  } catch (const po::error& error) {
    throw Error(ErrorKind::usage, printable(error.what()),
                "try 'godwit " + std::string(command.name) + " --help'");
  }
  if (options["help"].as<bool>()) {
    print_help(command, all, out);
    return 0;
  }
  json = options["json"].as<bool>();
  configure_log(options);
  failpoint::configure_from_environment();
  const SignalWatch signals;
  return command.run(Invocation{options, out, err, json, signals.stop()});
}

}  // namespace

std::span<const Command> commands() {
  static const std::array<Command, 10> kCommands{
      kInitCommand,   kCheckCommand,  kPlanCommand,  kPlanDiffCommand, kRunCommand,
      kVerifyCommand, kStatusCommand, kWatchCommand, kRecopyCommand,   kVersionCommand};
  return kCommands;
}

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    forbid_core_dumps();
    if (arguments.empty()) {
      print_overview(err);
      return exit_code(ErrorKind::usage);
    }
    const std::string& name = arguments.front();
    if (name == "--help" || name == "-h" || name == "help") {
      print_overview(out);
      return 0;
    }
    const auto [command, words] = find_command(arguments);
    return run_command(*command, {arguments.begin() + words, arguments.end()}, out, err, json);
  } catch (const Error& error) {
    return fail(error, json, out, err);
  } catch (const std::exception& error) {
    return fail(Error(ErrorKind::internal, error.what()), json, out, err);
  }
}

}  // namespace godwit::cli
