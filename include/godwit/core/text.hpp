// Small text helpers that several rooms need: escaping for terminals, UTF-8, nearest word.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit {

/// Control characters, escape sequences and bidirectional marks as \u00XX, so that a name from
/// a database can't drive the terminal or forge a log line.
std::string printable(std::string_view text);

/// Where the first byte that is not valid UTF-8 stands (surrogates, overlong forms and code
/// points above U+10FFFF are invalid), or nullopt. Fast on ASCII.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// The candidate nearest to `word` within an edit distance of 2, or empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lowercase_ascii(std::string_view text);
/// Bytes below 128 only.
bool is_ascii(std::string_view text);
/// "64MiB", "10k", "1GB", "4096" → bytes (k, M, G, T decimal; Ki, Mi, Gi, Ti binary).
std::optional<std::uint64_t> parse_bytes(std::string_view text);
/// "1M", "40k", "4096" → a number of things (k, M, G decimal).
std::optional<std::uint64_t> parse_count(std::string_view text);
/// "10s", "5m", "2h", "7d"; a number without a unit is none.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);
/// 1234567 → "1.2 MB"
std::string human_bytes(std::uint64_t bytes);
/// 1234567 → "1,234,567"
std::string human_count(std::uint64_t count);

}  // namespace godwit
