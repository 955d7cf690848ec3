// Any text as a statement of the binlog: it is read to its end, and what doesn't concern anybody
// names no database.
// Input: a byte, odd for ANSI_QUOTES; the statement.
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "godwit/capture/schema_statement.hpp"
#include "godwit/capture/statement_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace godwit::capture;
  if (size == 0) return 0;
  // an allocation that ends where the text ends, so that AddressSanitizer sees a read beyond
  const auto text = std::make_unique<char[]>(size - 1);
  std::memcpy(text.get(), data + 1, size - 1);
  const StatementMeaning meaning =
      read_statement({text.get(), size - 1}, "session", (data[0] & 1U) != 0);
  const bool none = meaning.effect == StatementEffect::none;
  if (none != meaning.databases.empty()) throw std::logic_error("databases and effect differ");
  const bool truncate = meaning.effect == StatementEffect::truncate;
  if (truncate == meaning.table.empty()) throw std::logic_error("table and effect differ");
  const SchemaStatement change =
      read_schema_statement({text.get(), size - 1}, "session", (data[0] & 1U) != 0, "session");
  const bool other = change.kind == SchemaStatement::Kind::other;
  if (other == change.what.empty()) throw std::logic_error("kind and description differ");
  return 0;
}
