#include "godwit/core/utc_time.hpp"

#include <array>
#include <cstdio>

namespace godwit {
namespace {

/// Takes a text apart from its front; after the first mismatch everything fails.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  /// Exactly so many digits.
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') failed_ = true;
      if (failed_) return 0;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  void expect(char c) {
    if (!accept(c)) failed_ = true;
  }
  bool accept(char c) {
    if (failed_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool complete() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string utc_text(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<UtcTime> parse_utc(std::string_view text) {
  Fields fields(text);
  const int year = fields.number(4);
  fields.expect('-');
  const int month = fields.number(2);
  fields.expect('-');
  const int day = fields.number(2);
  fields.expect('T');
  const int hours = fields.number(2);
  fields.expect(':');
  const int minutes = fields.number(2);
  int seconds = 0;
  int milliseconds = 0;
  if (fields.accept(':')) {
    seconds = fields.number(2);
    if (fields.accept('.')) milliseconds = fields.number(3);
  }
  fields.expect('Z');
  const std::chrono::year_month_day date(std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  if (!fields.complete() || !date.ok() || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  return UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(hours) +
         std::chrono::minutes(minutes) + std::chrono::seconds(seconds) +
         std::chrono::milliseconds(milliseconds);
}

}  // namespace godwit
