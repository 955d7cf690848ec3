#include "store_choice.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"
#include "options.hpp"

namespace godwit::cli {

Error unknown_word(const std::string& what, const std::string& word,
                   const std::vector<std::string_view>& known, const std::string& hint) {
  const std::string_view near = nearest(word, known);
  return Error(ErrorKind::usage, "no " + what + " '" + printable(word) + "'",
               near.empty() ? hint : "did you mean '" + std::string(near) + "'?");
}

Error unknown_tenant(const std::string& tenant) {
  return Error(ErrorKind::usage, "no tenant '" + printable(tenant) + "' in the control store",
               "godwit status --all lists the ones that were run");
}

std::set<std::string> chosen_waves(const Invocation& invocation, const plan::Plan& plan,
                                   const std::vector<control::TenantRecord>& tenants) {
  const std::vector<std::string> named = selection(invocation).waves;
  if (named.empty()) return {};
  std::set<std::string_view> known;
  for (const plan::WaveSpec& wave : plan.waves)
    known.insert(wave.name);
  for (const control::TenantRecord& record : tenants)
    known.insert(record.wave);
  for (const std::string& wave : named) {
    if (known.contains(wave)) continue;
    throw unknown_word("wave", wave, {known.begin(), known.end()}, "godwit plan lists the waves");
  }
  return {named.begin(), named.end()};
}

}  // namespace godwit::cli
