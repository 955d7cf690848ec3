#include "finding_output.hpp"

#include <algorithm>
#include <ostream>

#include "godwit/core/text.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kSourceTextShown = 200;

void print_source_text(std::ostream& out, const std::string& text) {
  if (text.empty()) return;
  std::string shown = printable(text);
  if (shown.size() > kSourceTextShown) {
    shown.resize(kSourceTextShown);
    // don't leave half a character behind
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0x80U) != 0) {
      shown.pop_back();
    }
    shown += "…";
  }
  out << "      text: " << shown << '\n';
}

}  // namespace

void print_findings(std::ostream& out, const Findings& findings, std::size_t per_code) {
  std::vector<const Finding*> sorted;
  for (const Finding& finding : findings)
    sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Finding* a, const Finding* b) {
    return a->severity != b->severity ? a->severity < b->severity : a->code < b->code;
  });
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    while (end < sorted.size() && sorted[end]->severity == sorted[i]->severity &&
           sorted[end]->code == sorted[i]->code) {
      ++end;
    }
    out << "  " << name(sorted[i]->severity) << ": " << sorted[i]->code << " (" << end - i << ")\n";
    for (std::size_t shown = i; shown < end && shown - i < per_code; ++shown) {
      const Finding& finding = *sorted[shown];
      out << "    " << printable(finding.object) << ": " << printable(finding.message) << '\n';
      print_source_text(out, finding.source_text);
      if (shown + 1 == end || sorted[shown + 1]->fix != finding.fix || shown - i + 1 == per_code) {
        if (!finding.fix.empty()) out << "      fix: " << printable(finding.fix) << '\n';
      }
    }
    if (end - i > per_code) {
      out << "    … and " << end - i - per_code << " more (--json lists all)\n";
    }
    i = end;
  }
}

}  // namespace godwit::cli
