// How bytes of a column's charset become UTF-8. For charsets other than the Unicode ones the
// mapping is asked from the source server itself, so that it is MariaDB's, byte for byte.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

enum class CharsetForm {
  binary,  // no text at all
  utf8,    // utf8mb4, utf8mb3: the bytes are UTF-8 already (to be validated)
  utf16be,
  utf16le,
  ucs2,
  utf32,
  table,  // 1 or 2 byte codes (3 bytes behind 0x8F in ujis, eucjpms) mapped by a table; also
          // ascii, whose columns can hold bytes above 0x7F, which are no characters
};

/// Immutable after loading; shared between threads.
class Charset {
 public:
  Charset(std::string name, CharsetForm form) : name_(std::move(name)), form_(form) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] CharsetForm form() const { return form_; }
  /// Whether the same bytes are the same text in UTF-8, so that a copy needs no conversion.
  [[nodiscard]] bool is_utf8() const { return form_ == CharsetForm::utf8; }

  /// Appends `bytes` as UTF-8. Returns the offset of the first byte that is not valid in this
  /// charset or has no Unicode equivalent that converts back to the same bytes (`out` then ends
  /// with what came before it), npos when all went well (then nothing is lost).
  std::size_t to_utf8(std::string_view bytes, std::string& out) const;

  // NOLINTNEXTLINE(readability-identifier-naming): as in std::string
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  friend class CharsetLoader;
  std::size_t convert_by_table(std::string_view bytes, std::string& out) const;

  std::string name_;
  CharsetForm form_;
  bool ascii_ = false;                 // bytes below 0x80 are ASCII
  std::vector<std::uint32_t> single_;  // 256 entries: code point, kLead or kInvalid
  std::vector<std::uint32_t> double_;  // 65,536 entries when there are two-byte codes
  std::vector<std::uint32_t> triple_;  // 65,536 entries: the two bytes behind 0x8F
};

using CharsetPtr = std::shared_ptr<const Charset>;

/// Loads (and keeps, per process and server) the charset of that name. Thread-safe. Throws
/// Error(rejected) for a name the server doesn't know.
CharsetPtr load_charset(Connection& connection, const std::string& name);

}  // namespace godwit::mariadb
