// Which values MariaDB's collations take for equal, and what PostgreSQL can do about it in a
// unique index. Tenants' databases have collation C: plain columns compare byte by byte.
#pragma once

#include <optional>
#include <string>

namespace godwit::schema {

struct CollationRule {
  bool pad_space = false;  // 'a' = 'a '
  /// The ICU locale that folds as the collation does, nearly (see docs/reference/type-map.md);
  /// empty: equal means the same bytes.
  std::string icu_locale;
  [[nodiscard]] bool exact() const { return !pad_space && icu_locale.empty(); }
};

/// By MariaDB's collation name: "utf8mb4_general_ci", "latin1_swedish_ci", "utf8mb4_nopad_bin",
/// "uca1400_german2_nopad_as_ci". An unknown language is folded by the root locale.
CollationRule collation_rule(const std::string& collation);

/// The name of the collation for a locale in the schema godwit, e.g. "und-u-ks-level1", quoted
/// and qualified.
std::string icu_collation(const std::string& locale);
/// The statement that makes it.
std::string create_icu_collation(const std::string& locale);

}  // namespace godwit::schema
