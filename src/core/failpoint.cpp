#include "godwit/core/failpoint.hpp"

#include <csignal>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"

namespace godwit::failpoint {
namespace {

constexpr std::array<std::string_view, 42> kNames = {
    "copy.before_create",
    "copy.before_snapshot",
    "copy.after_create",
    "copy.after_snapshot",
    "copy.mid_rows",
    "copy.before_commit",
    "copy.after_commit",
    "build.mid_index",
    "build.before_validate",
    "copy.before_copied",
    "control.before_transition",
    "control.after_transition",
    "schema.mid_ddl",
    "capture.begin",
    "capture.before_deliver",
    "capture.before_park",
    "capture.before_xa_commit",
    "follow.before_join",
    "follow.before_record",
    "follow.after_record",
    "follow.after_join",
    "follow.before_connect",
    "follow.after_group",
    "follow.after_take_over",
    "follow.before_apply",
    "follow.before_ddl",
    "follow.after_ddl",
    "follow.before_ready",
    "follow.mid_keys",
    "follow.before_position",
    "queue.before_spill",
    "queue.before_load",
    "apply.before_begin",
    "apply.mid_transaction",
    "apply.before_progress",
    "apply.before_commit",
    "apply.after_commit",
    "apply.before_release",
    "apply.before_copy",
    "apply.mid_copy",
    "apply.split",
    "apply.before_statement",
};

enum class Action { kill, error, exception, delay };

struct Trigger {
  std::string_view name;  // one of kNames
  Action action = Action::kill;
  std::chrono::milliseconds delay{0};
  std::uint64_t only_hit = 0;  // 0: each
  std::uint64_t hits = 0;      // so far
};

std::mutex mutex;
std::vector<Trigger> triggers;  // guarded by mutex

[[noreturn]] void fail(std::string_view clause, const std::string& problem) {
  throw Error(ErrorKind::usage, "GODWIT_FAILPOINTS: '" + printable(clause) + "' " + problem,
              "Form: NAME=kill|error|exception|delay:MS[@HIT][;…]");
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

void parse_action(std::string_view clause, std::string_view action, Trigger& trigger) {
  constexpr std::string_view kDelay = "delay:";
  if (action == "kill") {
    trigger.action = Action::kill;
  } else if (action == "error") {
    trigger.action = Action::error;
  } else if (action == "exception") {
    trigger.action = Action::exception;
  } else if (action.starts_with(kDelay)) {
    const auto delay = parse_number(action.substr(kDelay.size()));
    if (!delay || *delay > 3'600'000) fail(clause, "needs milliseconds after delay:");
    trigger.action = Action::delay;
    trigger.delay = std::chrono::milliseconds(*delay);
  } else {
    fail(clause, "has an unknown action");
  }
}

Trigger parse_clause(std::string_view clause) {
  const std::size_t equals = clause.find('=');
  if (equals == std::string_view::npos) fail(clause, "has no action");
  const std::string_view wanted = clause.substr(0, equals);
  const auto known = std::find(kNames.begin(), kNames.end(), wanted);
  if (known == kNames.end()) {
    const std::string_view near = nearest(wanted, kNames);
    fail(clause, near.empty() ? std::string("names no failpoint")
                              : "names no failpoint; did you mean '" + std::string(near) + "'?");
  }
  Trigger trigger;
  trigger.name = *known;
  std::string_view action = clause.substr(equals + 1);
  if (const std::size_t at = action.find('@'); at != std::string_view::npos) {
    const auto hit = parse_number(action.substr(at + 1));
    if (!hit || *hit == 0) fail(clause, "needs a hit from 1 on after '@'");
    trigger.only_hit = *hit;
    action = action.substr(0, at);
  }
  parse_action(clause, action, trigger);
  return trigger;
}

std::vector<Trigger> parse(std::string_view text) {
  std::vector<Trigger> parsed;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view clause = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (clause.empty()) continue;
    const Trigger trigger = parse_clause(clause);
    const bool twice = std::any_of(parsed.begin(), parsed.end(), [&](const Trigger& other) {
      return other.name == trigger.name;
    });
    if (twice) fail(clause, "names a failpoint that was named before");
    parsed.push_back(trigger);
  }
  return parsed;
}

/// Counts the hit; the trigger when it is to act now.
std::optional<Trigger> count_hit(std::string_view name) {
  const std::scoped_lock lock(mutex);
  for (Trigger& trigger : triggers) {
    if (trigger.name != name) continue;
    ++trigger.hits;
    if (trigger.only_hit == 0 || trigger.only_hit == trigger.hits) return trigger;
  }
  return std::nullopt;
}

}  // namespace

std::atomic<bool> armed{false};

std::span<const std::string_view> names() { return kNames; }

void configure_from_environment() {
  const char* text = std::getenv("GODWIT_FAILPOINTS");
  std::vector<Trigger> parsed = parse(text == nullptr ? "" : text);
  const std::scoped_lock lock(mutex);
  triggers = std::move(parsed);
  armed = !triggers.empty();
}

void hit_armed(std::string_view name) {
  const std::optional<Trigger> trigger = count_hit(name);
  if (!trigger) return;
  log::event(log::Level::warn, "failpoint.hit", {{"name", name}, {"hit", trigger->hits}});
  switch (trigger->action) {
    case Action::kill: ::kill(::getpid(), SIGKILL); return;
    case Action::error:
      throw Error(ErrorKind::internal, "failpoint " + std::string(name), {}, true);
    case Action::exception: throw std::runtime_error("failpoint " + std::string(name));
    case Action::delay: std::this_thread::sleep_for(trigger->delay); return;
  }
}

}  // namespace godwit::failpoint
