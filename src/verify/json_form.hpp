// A canonical form of JSON, so that a text and what PostgreSQL made of it in a jsonb column
// compare as equal exactly when jsonb lost nothing but what it is documented to lose: whitespace,
// the order of keys, all but the last of equal keys, the way a number is written.
#pragma once

#include <string>
#include <string_view>

namespace godwit::verify {

/// Replaces `form` by the canonical form of `json` (RFC 8259). False when the text is not JSON,
/// holds what jsonb can't (U+0000, a lone surrogate), or is nested more than 500 deep.
/// Numbers are compared as exact decimals: 1.0, 1 and 10e-1 are the same.
bool canonical_json(std::string_view json, std::string& form);

}  // namespace godwit::verify
