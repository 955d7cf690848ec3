#include "godwit/schema/yaml_cursor.hpp"

#include <algorithm>
#include <charconv>

#include "godwit/core/text.hpp"

namespace godwit::schema {

namespace {

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

}  // namespace

std::string YamlCursor::where() const {
  return document_->file + ":" + std::to_string(node_->line) + ":" + std::to_string(node_->column);
}

void YamlCursor::error(const std::string& message) const { error_at(*node_, message); }

void YamlCursor::error_at(const YamlNode& node, const std::string& message) const {
  if (document_->broken) return;
  document_->diagnostics->push_back({document_->file, node.line, node.column, message});
}

/// "'waves[2].lanes': " or nothing for the root.
std::string YamlCursor::subject() const {
  return path_.empty() ? std::string() : quoted(path_) + ": ";
}

std::string YamlCursor::found() const {
  switch (node_->kind) {
    case YamlNode::Kind::null: return node_->text.empty() ? "nothing" : "null";
    case YamlNode::Kind::scalar: return quoted(node_->text);
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::map: return "a map";
  }
  return {};
}

YamlCursor YamlCursor::child(const YamlEntry& entry) const {
  return {*document_, entry.value, path_.empty() ? entry.key.text : path_ + "." + entry.key.text};
}

bool YamlCursor::expect_map() const {
  if (is_map()) return true;
  error(subject() + "expected a map of keys and values, found " + found());
  return false;
}

void YamlCursor::report_duplicates() const {
  const auto& entries = node_->entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const YamlNode& key = entries[i].key;
    if (key.kind != YamlNode::Kind::scalar && key.kind != YamlNode::Kind::null) {
      error_at(key, subject() + "a key must be a plain word");
      continue;
    }
    const auto first = std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& other) {
      return other.key.text == key.text;
    });
    if (&first->key != &key) {
      error_at(key, "duplicate key " + quoted(key.text) + ", first in line " +
                        std::to_string(first->key.line));
    }
  }
}

bool YamlCursor::expect_keys(std::initializer_list<std::string_view> keys) const {
  if (!expect_map()) return false;
  for (const YamlEntry& entry : node_->entries) {
    const std::string& key = entry.key.text;
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    if (entry.key.kind != YamlNode::Kind::scalar) continue;  // reported with the duplicates
    std::string message = "unknown key " + quoted(key);
    if (!path_.empty()) message += " in " + quoted(path_);
    const std::vector<std::string_view> candidates(keys);
    const std::string_view near = nearest(key, candidates);
    if (!near.empty()) {
      message += "; did you mean " + quoted(near) + "?";
    } else {
      message += "; known are " + join({candidates.begin(), candidates.end()}, ", ");
    }
    error_at(entry.key, message);
  }
  report_duplicates();
  return true;
}

std::optional<YamlCursor> YamlCursor::find(std::string_view key) const {
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key.text == key) return child(entry);
  }
  return std::nullopt;
}

std::optional<YamlCursor> YamlCursor::require(std::string_view key) const {
  std::optional<YamlCursor> value = find(key);
  if (!value) {
    error("missing key " + quoted(key) + (path_.empty() ? "" : " in " + quoted(path_)));
  }
  return value;
}

std::vector<YamlCursor::Entry> YamlCursor::entries() const {
  std::vector<Entry> result;
  if (!expect_map()) return result;
  report_duplicates();
  result.reserve(node_->entries.size());
  for (const YamlEntry& entry : node_->entries) {
    result.emplace_back(entry.key.text, child(entry));
  }
  return result;
}

std::vector<YamlCursor> YamlCursor::items() const {
  std::vector<YamlCursor> result;
  if (!is_list()) {
    error(subject() + "expected a list, found " + found());
    return result;
  }
  result.reserve(node_->items.size());
  for (std::size_t i = 0; i < node_->items.size(); ++i) {
    result.push_back({*document_, node_->items[i], path_ + "[" + std::to_string(i) + "]"});
  }
  return result;
}

std::optional<std::string> YamlCursor::text() const {
  if (is_scalar()) return node_->text;
  error(subject() + "expected text, found " + found());
  return std::nullopt;
}

std::optional<std::int64_t> YamlCursor::integer(std::int64_t minimum, std::int64_t maximum) const {
  if (is_scalar() && !node_->quoted) {
    const std::string& text = node_->text;
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code == std::errc() && end == text.data() + text.size() && value >= minimum &&
        value <= maximum) {
      return value;
    }
  }
  error(subject() + "expected an integer from " + std::to_string(minimum) + " to " +
        std::to_string(maximum) + ", found " + found());
  return std::nullopt;
}

std::optional<bool> YamlCursor::boolean() const {
  if (is_scalar() && !node_->quoted) {
    if (node_->text == "true") return true;
    if (node_->text == "false") return false;
  }
  error(subject() + "expected true or false, found " + found());
  return std::nullopt;
}

std::optional<std::uint64_t> YamlCursor::bytes() const {
  if (is_scalar()) {
    if (const auto value = parse_bytes(node_->text)) return value;
  }
  error(subject() + "expected a size such as 64MiB or 1GB, found " + found());
  return std::nullopt;
}

std::optional<std::uint64_t> YamlCursor::count(std::uint64_t minimum, std::uint64_t maximum) const {
  if (is_scalar()) {
    const auto value = parse_count(node_->text);
    if (value && *value >= minimum && *value <= maximum) return value;
  }
  error(subject() + "expected a number from " + std::to_string(minimum) + " to " +
        std::to_string(maximum) + " such as 40 or 10k, found " + found());
  return std::nullopt;
}

std::optional<std::chrono::seconds> YamlCursor::duration(std::chrono::seconds minimum,
                                                         std::chrono::seconds maximum) const {
  if (is_scalar()) {
    const auto value = parse_duration(node_->text);
    if (value && *value >= minimum && *value <= maximum) return value;
  }
  error(subject() + "expected a time from " + std::to_string(minimum.count()) + "s to " +
        std::to_string(maximum.count()) + "s such as 10s, 5m or 2h, found " + found());
  return std::nullopt;
}

std::optional<std::size_t> YamlCursor::choice(std::span<const std::string_view> words) const {
  if (is_scalar() || is_null()) {
    const auto at = std::find(words.begin(), words.end(), node_->text);
    if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  }
  std::string message =
      subject() + "expected " + join({words.begin(), words.end()}, " | ") + ", found " + found();
  const std::string_view near = is_scalar() ? nearest(node_->text, words) : std::string_view();
  if (!near.empty()) message += "; did you mean " + quoted(near) + "?";
  error(message);
  return std::nullopt;
}

std::vector<std::string> YamlCursor::texts() const {
  std::vector<std::string> result;
  for (const YamlCursor& item : items()) {
    if (auto value = item.text()) result.push_back(std::move(*value));
  }
  return result;
}

}  // namespace godwit::schema
