#include "expansion.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

#include "words.hpp"

namespace godwit::monolith {
namespace {

using std::string;
using std::string_view;
using std::to_string;

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

string quoted(string_view text) {
  string out = "'";
  for (const char c : text) {
    switch (c) {
      case '\'': out += "''"; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += c;
    }
  }
  return out + "'";
}

string elt(const string& index, string_view list) {
  string out = "ELT(" + index;
  for (const auto word : words(list)) {
    out += ',';
    out += quoted(word);
  }
  return out + ")";
}

struct Words3 {
  string_view name;
  string_view first;
  string_view second;
};

Words3 split(string_view text) {
  std::array<string_view, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto colon = i + 1 < parts.size() ? text.find(':') : string_view::npos;
    parts[i] = text.substr(0, colon);
    text = colon == string_view::npos ? string_view() : text.substr(colon + 1);
  }
  return {parts[0], parts[1], parts[2]};
}

// A number for the day 2018-01-01 … 2024-12-29.
constexpr string_view kDays = " % 2555";

}  // namespace

string Expansion::expand(const Column& column) const {
  string out;
  string_view rest = column.expression;
  for (;;) {
    const auto open = rest.find('{');
    out += rest.substr(0, open);
    if (open == string_view::npos) return out;
    const auto close = rest.find('}', open);
    if (close == string_view::npos) {
      throw std::invalid_argument("placeholder without end in " + string(column.expression));
    }
    out += placeholder(column.name, rest.substr(open + 1, close - open - 1));
    rest.remove_prefix(close + 1);
  }
}

string Expansion::placeholder(string_view column, string_view text) const {
  const auto [name, first, second] = split(text);
  if (name == "seq") return "seq";
  if (name == "id") return "(" + to_string(size_of(table_.name).base) + " + seq)";
  if (name == "r") return random(column, first);
  if (name == "base") return to_string(size_of(first).base);
  if (name == "count") return to_string(size_of(first).rows);
  if (name == "pick") {
    return elt("1 + " + random(column, second) + " % " + to_string(words(first).size()), first);
  }
  if (name == "nth") {
    const string index = second.empty() ? "seq" : "1 + (seq - 1) DIV " + string(second);
    return elt(index, first);
  }
  if (name == "cycle") return elt("1 + (seq - 1) % " + to_string(words(first).size()), first);
  if (name == "ref") {
    const auto& size = size_of(first);
    return "(" + to_string(size.base + 1) + " + " + random(column, second) + " % " +
           to_string(size.rows) + ")";
  }
  if (name == "parent") {
    return to_string(size_of(first).base + 1) + " + (seq - 1) DIV " +
           to_string(children_per_parent(first, table_.name));
  }
  if (name == "nth_child") {
    return "1 + (seq - 1) % " + to_string(children_per_parent(first, table_.name));
  }
  if (name == "with_children") {
    const auto parents = ceil_div(size_of(second).rows, children_per_parent(first, second));
    return "(" + to_string(size_of(first).base + 1) + " + " + random(column, "") + " % " +
           to_string(parents) + ")";
  }
  if (name == "date") {
    return "DATE'2018-01-01' + INTERVAL " + random(column, first) + string(kDays) + " DAY";
  }
  if (name == "datetime") {
    return "TIMESTAMP'2018-01-01 00:00:00' + INTERVAL " + random(column, first) +
           " % 220752000 SECOND";
  }
  if (name == "datetime6") {
    return "TIMESTAMP'2018-01-01 00:00:00' + INTERVAL " + random(column, first) +
           " * 51029 MICROSECOND";
  }
  if (name == "uuid") {
    // Version 4, variant 8: MariaDB takes no others of random digits.
    return "INSERT(INSERT(MD5(" + random(column, "uuid") + "), 13, 1, '4'), 17, 1, '8')";
  }
  if (name == "blob") {
    // 3 to 5 KB that don't compress; the header of the script sets @pad.
    return "AES_ENCRYPT(LEFT(@pad, 3072 + " + random(column, "length") + " % 2048), MD5(" +
           random(column, "key") + "))";
  }
  throw std::invalid_argument("no placeholder {" + string(text) + "}");
}

string Expansion::random(string_view column, string_view tag) const {
  // Tags are shared by the columns of a table, so that two of them can depend on each other;
  // without a tag each column has its own numbers.
  string name(table_.name);
  name += '.';
  if (tag.empty() || tag == "has") name += column;
  name += ':';
  name += tag;
  // CRC32 hashes the decimal text, always ten digits long here.
  constexpr std::uint64_t kFloor = 1'000'000'000;
  return "CRC32(seq + " + to_string(kFloor + mix(stream_, name) % kFloor) + ")";
}

std::uint64_t Expansion::children_per_parent(string_view parents, string_view children) const {
  return std::max<std::uint64_t>(2, ceil_div(size_of(children).rows, size_of(parents).rows));
}

const TableSize& Expansion::size_of(string_view table) const {
  const auto found = sizes_.find(table);
  if (found == sizes_.end()) throw std::invalid_argument("no table " + string(table));
  return found->second;
}

}  // namespace godwit::monolith
