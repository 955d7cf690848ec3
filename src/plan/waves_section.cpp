#include <algorithm>
#include <set>

#include "godwit/core/text.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr int kLanesMax = 64;
constexpr std::int64_t kLimitMax = 1'000'000'000;

class WavesReader {
 public:
  explicit WavesReader(std::vector<WaveSpec>& waves) : waves_(waves) {}

  void read(const YamlCursor& section) {
    const bool is_map = section.expect_keys(
        {"name", "tenants", "lanes", "size", "share", "limit", "window", "abort_after"});
    if (!is_map) return;
    refuse_unsupported(section, {"window", "abort_after"});
    WaveSpec wave;
    if (const auto name = section.require("name")) read_wave_name(*name, wave);
    read_selection(section, wave);
    if (const auto lanes = section.find("lanes")) {
      if (const auto count = lanes->integer(1, kLanesMax)) wave.lanes = static_cast<int>(*count);
    }
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
