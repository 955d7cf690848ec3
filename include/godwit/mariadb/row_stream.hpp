// Rows of one SELECT as the binary protocol carries them, unbuffered and without a copy:
// the only bytes held are the packet of the current row.
// Format: https://mariadb.com/kb/en/resultset-row/ (binary resultset row).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

/// One value of the current row. For types of variable length (text, blobs, decimals, bit,
/// geometry, and the length-prefixed temporals) the bytes behind the length prefix; for numbers
/// and YEAR the little-endian bytes (1, 2, 4 or 8; MEDIUMINT 4; FLOAT 4; DOUBLE 8).
/// Valid until the next call of next().
struct RawValue {
  const std::byte* data = nullptr;  // nullptr: NULL (an empty string has a pointer)
  std::size_t size = 0;

  [[nodiscard]] bool is_null() const { return data == nullptr; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data, size}; }
};

class RowStream {
 public:
  /// Prepares and executes. At most one stream may be open on a connection. Throws Error(source);
  /// retryable also when a table or column is gone, for the names come from a catalog.
  RowStream(Connection& connection, const std::string& sql);
  RowStream(RowStream&&) noexcept;
  RowStream& operator=(RowStream&&) noexcept;
  ~RowStream();  // a stream that was not read to its end breaks the connection off

  /// Moves to the next row; false at the end. Throws Error(source).
  bool next();
  [[nodiscard]] std::span<const RawValue> row() const;
  [[nodiscard]] std::size_t column_count() const;
  /// Bytes of the current row's packet.
  [[nodiscard]] std::size_t row_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace godwit::mariadb
