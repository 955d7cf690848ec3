#include <algorithm>
#include <set>

#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr int kLanesMax = 64;

class WavesReader {
 public:
  explicit WavesReader(std::vector<WaveSpec>& waves) : waves_(waves) {}

  void read(const YamlCursor& section) {
    const bool is_map =
        section.expect_keys({"name", "tenants", "lanes", "size", "share", "window", "abort_after"});
    if (!is_map) return;
    refuse_unsupported(section, {"size", "share", "window", "abort_after"});
    WaveSpec wave;
    if (const auto name = section.require("name")) read_wave_name(*name, wave);
    if (const auto tenants = section.require("tenants")) read_tenants(*tenants, wave);
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

  void read_tenants(const YamlCursor& value, WaveSpec& wave) {
    if (!rest_.empty()) {
      value.error("the wave '" + rest_ +
                  "' before this one takes the rest of the tenants: "
                  "nothing is left for '" +
                  wave.name + "'");
    }
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
