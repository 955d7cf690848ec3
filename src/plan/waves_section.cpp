#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "godwit/core/text.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr int kLanesMax = 64;
constexpr std::int64_t kLimitMax = 1'000'000'000;

/// In the order of WaveOrder.
constexpr std::array<std::string_view, 3> kOrders = {"largest", "smallest", "name"};

/// One window, or a list of them.
void read_windows(const YamlCursor& section, WaveSpec& wave) {
  std::vector<YamlCursor> values;
  if (section.is_list()) {
    values = section.items();
    if (values.empty()) section.error("'" + section.path() + "' is empty");
  } else {
    values.push_back(section);
  }
  for (const YamlCursor& value : values) {
    const std::optional<std::string> text = read_word(value);
    if (!text) continue;
    std::string problem;
    if (const auto window = parse_time_window(*text, problem)) {
      wave.windows.push_back(*window);
    } else {
      value.error("'" + value.path() + "': " + problem);
    }
  }
}

/// "1 failure", "3 failures"
void read_abort_after(const YamlCursor& value, WaveSpec& wave) {
  const std::optional<std::string> text = read_word(value);
  if (!text) return;
  std::uint64_t count = 0;
  const char* end = text->data() + text->size();
  const auto [behind, code] = std::from_chars(text->data(), end, count);
  const std::string_view unit(behind, end);
  if (code == std::errc() && count > 0 && (unit == " failures" || unit == " failure")) {
    wave.abort_after = count;
    return;
  }
  value.error("'" + value.path() +
              "': expected a number of failed tenants such as '3 failures', found '" + *text + "'");
}

class WavesReader {
 public:
  explicit WavesReader(std::vector<WaveSpec>& waves) : waves_(waves) {}

  void read(const YamlCursor& section) {
    const bool is_map = section.expect_keys(
        {"name", "tenants", "lanes", "size", "share", "limit", "window", "order", "abort_after"});
    if (!is_map) return;
    WaveSpec wave;
    if (const auto name = section.require("name")) read_wave_name(*name, wave);
    read_selection(section, wave);
    if (const auto lanes = section.find("lanes")) {
      if (const auto count = lanes->integer(1, kLanesMax)) wave.lanes = static_cast<int>(*count);
    }
    if (const auto windows = section.find("window")) read_windows(*windows, wave);
    if (const auto order = section.find("order")) {
      if (const auto word = order->choice(kOrders)) wave.order = static_cast<WaveOrder>(*word);
    }
    if (const auto limit = section.find("abort_after")) read_abort_after(*limit, wave);
    waves_.push_back(std::move(wave));
  }

 private:
  void read_wave_name(const YamlCursor& value, WaveSpec& wave) {
    const std::optional<std::string> name = read_name(value);
    if (!name) return;
    wave.name = *name;
    if (!names_.insert(*name).second) value.error("duplicate wave '" + *name + "'");
  }

  void read_selection(const YamlCursor& section, WaveSpec& wave) {
    const auto tenants = section.find("tenants");
    if (!rest_.empty()) {
      tenants.value_or(section).error("the wave '" + rest_ +
                                      "' before this one takes the rest of the tenants: "
                                      "nothing is left for '" +
                                      wave.name + "'");
    }
    if (tenants) read_tenants(*tenants, wave);
    const auto size = section.find("size");
    if (size) read_size(*size, wave);
    const auto share = section.find("share");
    if (share) wave.share = read_percentage(*share, 0, 1);
    const auto limit = section.find("limit");
    if (limit) {
      if (const auto count = limit->integer(1, kLimitMax)) {
        wave.limit = static_cast<std::uint64_t>(*count);
      }
    }
    if (!tenants && !size && !share && !limit) {
      section.error("'" + section.path() +
                    "' needs one of 'tenants', 'size', 'share' and 'limit' to say whom it takes");
    }
    for (const auto& choice : {size, share, limit}) {
      if (!wave.rest || !choice) continue;
      choice->error("'" + choice->path() +
                    "' conflicts with 'tenants: rest', which leaves nobody out");
    }
  }

  static void read_size(const YamlCursor& section, WaveSpec& wave) {
    if (!section.expect_keys({"above", "below"})) return;
    if (const auto value = section.find("above")) wave.above = value->bytes();
    if (const auto value = section.find("below")) wave.below = value->bytes();
    if (wave.above && wave.below && *wave.above >= *wave.below) {
      section.error("'" + section.path() + "': no size is from " + human_bytes(*wave.above) +
                    " on and below " + human_bytes(*wave.below));
    }
  }

  void read_tenants(const YamlCursor& value, WaveSpec& wave) {
    if (value.is_scalar() && value.text() == "rest") {
      wave.rest = true;
      rest_ = wave.name;
      return;
    }
    if (!value.is_list()) {
      value.error("'" + value.path() + "': expected a list of tenants or the word rest");
      return;
    }
    wave.tenants = read_patterns(value);
    for (const std::string& tenant : wave.tenants) {
      if (tenant.find('%') != std::string::npos) continue;  // patterns: the first match wins
      if (!tenants_.insert(tenant).second) {
        value.error("the tenant '" + tenant + "' is named by two waves");
      }
    }
  }

  std::vector<WaveSpec>& waves_;
  std::set<std::string> names_;
  std::set<std::string> tenants_;
  std::string rest_;  // name of the wave that takes the rest
};

}  // namespace

void read_waves(const YamlCursor& section, std::vector<WaveSpec>& waves) {
  const std::vector<YamlCursor> items = section.items();
  if (section.is_list() && items.empty()) section.error("'waves' is empty");
  WavesReader reader(waves);
  for (const YamlCursor& item : items)
    reader.read(item);
}

}  // namespace godwit::plan
