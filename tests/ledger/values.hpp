// Random values as SQL literals: ordinary ones, extreme ones, NULL.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "random.hpp"

namespace godwit::ledger {

/// Text of up to `characters_max` characters, of one to four bytes each, as a literal.
std::string text(Random& random, std::size_t characters_max);
/// The same of ISO 8859-1's characters.
std::string latin_text(Random& random, std::size_t characters_max);
/// Bytes of any value.
std::string bytes(Random& random, std::size_t size);
/// Of a DECIMAL(precision, scale): often 0, the least or the greatest.
std::string decimal(Random& random, unsigned precision, unsigned scale);

struct SampleColumn {
  const char* name;
  std::string (*value)(Random&);
};
/// The columns of `samples` other than its keys.
const std::vector<SampleColumn>& sample_columns();
/// A value of that column, or NULL.
std::string sample(Random& random, const SampleColumn& column);

}  // namespace godwit::ledger
