#include "log_line.hpp"

#include <spdlog/fmt/fmt.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "godwit/core/text.hpp"

namespace godwit::log {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

/// Quotes what would otherwise be read as several words, as another field or as an escape.
std::string quoted(const std::string& value) {
  const bool plain = !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\';
  });
  if (plain) return printable(value);
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return '"' + printable(escaped) + '"';
}

std::string text_value(const Field& field) {
  return std::visit(Overloaded{
                        [](const std::string& value) { return quoted(value); },
                        [](std::int64_t value) { return std::to_string(value); },
                        [](double value) { return fmt::format("{}", value); },
                        [](bool value) { return std::string(value ? "true" : "false"); },
                    },
                    field.value);
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::trace: return "trace";
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "unknown";
}

std::string text_line(std::string_view at, Level level, std::string_view event,
                      std::span<const Field> fields) {
  std::string line(at);
  line += ' ';
  line += name(level);
  line += ' ';
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += text_value(field);
  }
  return line;
}

std::string json_line(std::string_view at, Level level, std::string_view event,
                      std::span<const Field> fields) {
  nlohmann::ordered_json line;
  line["at"] = at;
  line["level"] = name(level);
  line["event"] = event;
  for (const Field& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  // ASCII only: terminals act upon C1 and bidirectional controls that JSON itself leaves alone.
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace godwit::log
