#include "godwit/core/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <atomic>
#include <memory>

#include "godwit/core/clock.hpp"
#include "log_line.hpp"

namespace godwit::log {
namespace {

struct Settings {
  std::atomic<Level> level{Level::info};
  std::atomic<Format> format{Format::text};
};

Settings& settings() {
  static Settings instance;
  return instance;
}

/// A synchronous sink: the volume is low and an error must not be lost with the process.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> kLogger = [] {
    auto created = std::make_shared<spdlog::logger>(
        "godwit", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%v");
    created->set_level(spdlog::level::trace);
    return created;
  }();
  return *kLogger;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void configure(Level level, Format format) {
  settings().level = level;
  settings().format = format;
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) {
  if (level < settings().level.load(std::memory_order_relaxed)) return;
  const std::span<const Field> list(fields.begin(), fields.size());
  const std::string at = utc_timestamp();
  const std::string line = settings().format == Format::json ? json_line(at, level, name, list)
                                                             : text_line(at, level, name, list);
  logger().log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace godwit::log
