#include "failure.hpp"

#include <algorithm>
#include <array>

namespace godwit::apply {

bool is_about_data(std::string_view sqlstate) {
  if (sqlstate == "42501") return false;  // a missing right
  // Classes: https://www.postgresql.org/docs/15/errcodes-appendix.html
  constexpr std::array<std::string_view, 9> kClasses{"0A", "21", "22", "23", "27",
                                                     "42", "44", "54", "P0"};
  return std::any_of(kClasses.begin(), kClasses.end(),
                     [&](std::string_view prefix) { return sqlstate.starts_with(prefix); });
}

std::optional<std::size_t> first_failure(const postgres::BatchReport& report) {
  std::optional<std::size_t> first;
  if (report.error) first = report.error->index;
  if (!report.mismatches.empty()) {
    const std::size_t mismatch = report.mismatches.front().index;
    first = first ? std::min(*first, mismatch) : mismatch;
  }
  return first;
}

}  // namespace godwit::apply
