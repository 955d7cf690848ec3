// Pieces of a proposed plan's text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace godwit::plan {

constexpr std::size_t kYamlLineMax = 96;

/// A YAML text in double quotes: what printable() escapes, YAML reads back with \u and \x.
std::string quoted(const std::string& text);
/// "1 table", "2 tables"
std::string counted(std::size_t count, const std::string& one, const std::string& many);
/// A comment, wrapped at words.
std::string comment(const std::string& indent, const std::string& text);
/// "a, b, c and 7 more"
std::string named(const std::vector<std::string>& names);

}  // namespace godwit::plan
