// Any text as a plan or a type map: it is read, or every mistake is a diagnostic with a place.
#include <stdexcept>
#include <string>

#include "godwit/plan/plan.hpp"
#include "godwit/schema/type_map.hpp"

namespace {

void check(const godwit::Diagnostics& diagnostics) {
  for (const godwit::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.message.empty()) throw std::logic_error("a diagnostic that says nothing");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  godwit::Diagnostics of_plan;
  (void)godwit::plan::parse_plan(text, "plan.yaml", of_plan);
  check(of_plan);
  godwit::Diagnostics of_map;
  (void)godwit::schema::TypeMap::parse(text, "map.yaml", of_map);
  check(of_map);
  return 0;
}
