// Structured log events on stderr. Event names are dotted nouns, stable and documented in
// docs/reference; values never hold row data or secrets. Control characters are escaped, so
// that a table's name can't forge a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace godwit::log {

enum class Level { trace, debug, info, warn, error };
enum class Format { text, json };

struct Field {
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;

  Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  Field(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Field(std::string_view k, T v)
      : key(k), value(static_cast<std::int64_t>(v)) {}
};

/// Sets the sink once, before other threads start.
void configure(Level level, Format format);
void event(Level level, std::string_view name, std::initializer_list<Field> fields);

}  // namespace godwit::log
