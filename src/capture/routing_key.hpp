// Values of routing columns as keys: of row images, of the target's rows and of the directory's
// texts, the same key for the same value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/capture/column_map.hpp"
#include "godwit/capture/routing_index.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/charset.hpp"
#include "godwit/schema/codec.hpp"
#include "godwit/schema/copy_buffer.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::capture {

/// A column that keys are made of.
struct KeyColumn {
  std::size_t index = 0;  // in mariadb::Table::columns and in the row images
  mariadb::Column source;
  schema::TargetForm form = schema::TargetForm::text;
  schema::Policies policies;
  std::string target_name;
  mariadb::CharsetPtr charset;  // of text

  /// Compared by its value, whatever the width: integers that stay numbers on the target.
  [[nodiscard]] bool is_number() const;
};

/// Whether equal values of both give equal keys.
bool is_comparable(const KeyColumn& left, const KeyColumn& right);

/// Makes keys of COPY BINARY fields. Not for several threads.
class FieldKeys {
 public:
  explicit FieldKeys(const std::vector<KeyColumn>& columns);

  /// `fields`: an int32 length and the bytes for each column, which are taken off. nullopt:
  /// one is NULL. Throws Error(rejected) when they aren't fields of these columns.
  std::optional<RoutingKey> take(std::span<const std::byte>& fields);
  [[nodiscard]] std::size_t column_count() const { return kinds_.size(); }

 private:
  enum class Kind { integer, numeric, bytes };
  std::vector<Kind> kinds_;  // by column
  std::string buffer_;       // of the columns of one key, used again
};

/// What the tenants' column holds for a tenant whose key the server prints so. Throws
/// Error(rejected) when the column can't hold it.
RoutingKey tenant_key(const KeyColumn& column, std::string_view text);

/// Reads the keys of row images through the columns' codecs. Not for several threads.
class KeyReader {
 public:
  enum class Outcome {
    key,
    null,    // a column is NULL
    refused  // a value that the target can't hold, so no row of it has this key
  };

  /// Throws Error(source) when the table map has other types: the table was altered.
  KeyReader(const std::vector<KeyColumn>& columns, const ColumnMap& map);

  /// `fallback`: where the columns are that `image` lacks; nullptr: it must have all. Throws
  /// Error(source) for a column that is in neither.
  Outcome read(const RowImage& image, const RowImage* fallback, RoutingKey& key);
  /// "id=7, no=2"
  [[nodiscard]] std::string describe(const RowImage& image, const RowImage* fallback) const;

 private:
  struct Part {
    std::size_t index = 0;
    std::string name;
    bool compressed = false;
    schema::ColumnCodec codec;
  };
  [[nodiscard]] mariadb::RawValue value_of(const Part& part, const RowImage& image,
                                           const RowImage* fallback) const;

  std::vector<Part> parts_;
  FieldKeys fields_;
  schema::CopyBuffer buffer_;
  schema::PolicyCounts counts_{};  // of no interest: the applier counts
  std::string inflated_;
};

/// Takes what stands before a row's fields off `rows`; false at their end.
bool next_copy_row(std::span<const std::byte>& rows, std::size_t columns);

/// The rows of `COPY (SELECT …) TO STDOUT (FORMAT binary)`: whole ones, with or without the header
/// in front and the trailer behind, which are passed over; and rows with a NULL. Throws
/// Error(rejected) when they are malformed. Format: https://www.postgresql.org/docs/15/sql-copy.html
template <class Take>
void for_each_key(FieldKeys& keys, std::span<const std::byte> rows, const Take& take) {
  while (next_copy_row(rows, keys.column_count())) {
    if (const std::optional<RoutingKey> key = keys.take(rows)) take(*key);
  }
}

}  // namespace godwit::capture
