#include "display.hpp"

#include <arpa/inet.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "decimal.hpp"
#include "godwit/core/text.hpp"
#include "temporal.hpp"

namespace godwit::verify {

using schema::TargetForm;

namespace {

// So much of a long value is looked at; more than kDisplayMax characters of any kind.
constexpr std::size_t kWindowBytes = 1024;
constexpr std::size_t kContextBytes = 32;  // shown before the first difference

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// At most `max` characters of valid UTF-8, "…" behind when there were more.
std::string cut(std::string_view text, std::size_t max = kDisplayMax) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (++characters > max) return std::string(text.substr(0, at)) + "…";
  }
  return std::string(text);
}

std::string hex(std::string_view bytes) {
  std::string text = "\\x";
  for (const char byte : bytes.substr(0, kWindowBytes)) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

/// Text as 'text', or as bytes where it is not valid UTF-8.
std::string quoted(std::string_view text) {
  std::string_view window = text.substr(0, kWindowBytes);
  while (window.size() < text.size() && !window.empty() && is_continuation(text[window.size()])) {
    window.remove_suffix(1);
  }
  if (first_invalid_utf8(window)) return hex(text);
  return "'" + printable(window) + (window.size() < text.size() ? "" : "'");
}

std::string uuid_text(const Cell& cell) {
  std::string text;
  for (std::size_t index = 0; index < cell.size; ++index) {
    if (index == 4 || index == 6 || index == 8 || index == 10) text += '-';
    text += fmt::format("{:02x}", std::to_integer<unsigned>(cell.data[index]));
  }
  return text;
}

std::string inet_text(const Cell& cell) {
  const bool six = cell.data[0] == std::byte{6};
  const std::size_t size = six ? 16 : 4;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(six ? AF_INET6 : AF_INET, cell.data + 1, text.data(), text.size());
  const auto netmask = std::to_integer<unsigned>(cell.data[1 + size]);
  return netmask == 8 * size ? text.data() : fmt::format("{}/{}", text.data(), netmask);
}

std::string bits_text(const Cell& cell) {
  const auto bits = load_big_endian<std::uint64_t>(cell.data);
  const auto count = std::to_integer<unsigned>(cell.data[sizeof bits]);
  std::string text;
  for (unsigned bit = count; bit-- > 0;)
    text += (bits >> bit & 1U) != 0 ? '1' : '0';
  return "B'" + text + "'";
}

std::string array_text(const Cell& cell) {
  std::vector<std::string> elements;
  for (std::string_view rest = cell.text(); rest.size() >= 4;) {
    const auto size =
        load_big_endian<std::uint32_t>(reinterpret_cast<const std::byte*>(rest.data()));
    elements.push_back(quoted(rest.substr(4, size)));
    rest.remove_prefix(4 + size);
  }
  return "{" + join(elements, ",") + "}";
}

std::string value_text(TargetForm form, const Cell& cell) {
  switch (form) {
    case TargetForm::int2:
    case TargetForm::int4:
    case TargetForm::int8: return to_text(integer_of(cell));
    case TargetForm::boolean: return integer_of(cell).bits == 0 ? "false" : "true";
    case TargetForm::numeric: return decimal_text(cell);
    case TargetForm::float4: return fmt::format("{}", std::bit_cast<float>(float4_of(cell)));
    case TargetForm::float8: return fmt::format("{}", std::bit_cast<double>(float8_of(cell)));
    case TargetForm::bit: return bits_text(cell);
    case TargetForm::date: return temporal_cell_text(cell, false);
    case TargetForm::timestamp: return temporal_cell_text(cell, true);
    case TargetForm::timestamptz: return temporal_cell_text(cell, true) + "+00";
    case TargetForm::time:
    case TargetForm::interval: return duration_cell_text(cell);
    case TargetForm::text: return quoted(cell.text());
    case TargetForm::jsonb: return quoted(cell.shown);
    case TargetForm::text_array: return array_text(cell);
    case TargetForm::bytea: return hex(cell.text());
    case TargetForm::uuid: return uuid_text(cell);
    case TargetForm::inet: return inet_text(cell);
  }
  return {};
}

/// A flaw shows what it is and the value as far as it can be shown.
std::string whole_text(const ComparedColumn& column, const Cell& cell) {
  switch (cell.state) {
    case CellState::null: return "NULL";
    case CellState::flawed: return std::string(cell.flaw) + ": " + quoted(cell.text());
    case CellState::value: return value_text(column.source.form, cell);
  }
  return {};
}

bool is_long(const Cell& cell) {
  return cell.state == CellState::value && cell.size > kDisplayMax / 2;
}

std::string from_offset(const ComparedColumn& column, Cell cell, std::size_t offset) {
  cell.data += offset;
  cell.size -= offset;
  return cut("@" + std::to_string(offset) + " " + whole_text(column, cell));
}

}  // namespace

std::string display(const ComparedColumn& column, const Cell& cell) {
  return cut(whole_text(column, cell));
}

std::pair<std::string, std::string> display_pair(const ComparedColumn& column, const Cell& source,
                                                 const Cell& target) {
  const TargetForm form = column.source.form;
  if ((form == TargetForm::text || form == TargetForm::bytea) && is_long(source) &&
      is_long(target)) {
    const std::size_t shared = std::min(source.size, target.size);
    const auto* const differs = std::mismatch(source.data, source.data + shared, target.data).first;
    auto offset = static_cast<std::size_t>(differs - source.data);
    offset -= std::min(offset, kContextBytes);
    // Both are the same up to there, so this is the start of a character in both.
    while (form == TargetForm::text && offset > 0 && is_continuation(source.text()[offset])) {
      --offset;
    }
    if (offset > 0) {
      return {from_offset(column, source, offset), from_offset(column, target, offset)};
    }
  }
  return {display(column, source), display(column, target)};
}

std::string display_key(const TablePlan& plan, std::span<const Cell> row) {
  std::vector<std::string> parts;
  for (const std::size_t index : plan.key) {
    parts.push_back(printable(plan.columns[index].name) + "=" +
                    display(plan.columns[index], row[index]));
  }
  return cut(join(parts, ", "));
}

std::string display_row(const TablePlan& plan, std::span<const Cell> row) {
  std::string text;
  for (std::size_t index = 0; index < row.size() && text.size() < kWindowBytes; ++index) {
    if (index > 0) text += ", ";
    text += printable(plan.columns[index].name) + "=" + display(plan.columns[index], row[index]);
  }
  return cut(text);
}

}  // namespace godwit::verify
