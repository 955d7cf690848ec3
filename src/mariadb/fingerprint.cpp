#include <xxhash.h>

#include <string>
#include <string_view>

#include "godwit/mariadb/catalog.hpp"
#include "hash_text.hpp"

namespace godwit::mariadb {

namespace {

/// Writes fields so that no two different catalogs give the same bytes: every text and every list
/// has its length in front.
class Canonical {
 public:
  /// Expressions name the database they stand in; for another tenant's the same is meant.
  explicit Canonical(const std::string& database)
      : database_(database), qualifier_(quote_identifier(database) + ".") {}

  void number(std::uint64_t value) { bytes_ += std::to_string(value) + ";"; }
  void flag(bool value) { bytes_ += value ? '1' : '0'; }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void database_name(const std::string& name) { text(name == database_ ? std::string() : name); }
  void expression(std::string value) {
    for (std::size_t at = 0; (at = value.find(qualifier_, at)) != std::string::npos;) {
      value.replace(at, qualifier_.size(), "``.");
    }
    text(value);
  }
  template <class T, class Write>
  void list(const std::vector<T>& items, Write write) {
    number(items.size());
    for (const T& item : items)
      write(item);
  }

  [[nodiscard]] std::string hash() const {
    return hash_text(XXH3_128bits(bytes_.data(), bytes_.size()));
  }

 private:
  std::string database_;
  std::string qualifier_;
  std::string bytes_;
};

void write(Canonical& to, const Column& column) {
  to.text(column.name);
  to.text(name(column.type));  // JSON is not in the declared type
  to.text(column.declared_type);
  to.flag(column.nullable);
  to.number(column.octet_length);
  to.text(column.charset);
  to.text(column.collation);
  to.number(column.srid);
  to.flag(column.default_text.has_value());
  to.expression(column.default_text.value_or(""));
  to.flag(column.on_update_now);
  to.flag(column.auto_increment);
  to.flag(column.invisible);
  to.expression(column.generation_expression);
  to.flag(column.stored_generated);
  to.text(column.comment);
}

void write(Canonical& to, const Index& index) {
  to.text(index.name);
  to.number(static_cast<std::uint64_t>(index.kind));
  to.flag(index.unique);
  to.flag(index.ignored);
  to.flag(index.without_overlaps);
  to.list(index.parts, [&](const IndexPart& part) {
    to.text(part.column);
    to.flag(part.prefix.has_value());
    to.number(part.prefix.value_or(0));
    to.flag(part.descending);
  });
  to.text(index.comment);
}

void write(Canonical& to, const ForeignKey& key) {
  to.text(key.name);
  to.list(key.columns, [&](const std::string& column) { to.text(column); });
  to.database_name(key.referenced_database);
  to.text(key.referenced_table);
  to.list(key.referenced_columns, [&](const std::string& column) { to.text(column); });
  to.text(key.on_delete);
  to.text(key.on_update);
}

void write(Canonical& to, const Table& table) {
  to.text(table.name);
  to.text(table.engine);
  to.text(table.collation);
  to.text(table.comment);
  to.flag(table.system_versioned);
  to.flag(table.partitioned);
  to.list(table.columns, [&](const Column& column) { write(to, column); });
  to.list(table.indexes, [&](const Index& index) { write(to, index); });
  to.list(table.foreign_keys, [&](const ForeignKey& key) { write(to, key); });
  to.list(table.checks, [&](const Check& check) {
    to.text(check.name);
    to.expression(check.expression);
  });
}

void write(Canonical& to, const Sequence& sequence) {
  to.text(sequence.name);
  for (const std::int64_t value :
       {sequence.start, sequence.increment, sequence.minimum, sequence.maximum, sequence.cache}) {
    to.text(std::to_string(value));
  }
  to.flag(sequence.cycle);
}

}  // namespace

std::string fingerprint(const Database& database) {
  Canonical to(database.name);
  to.list(database.tables, [&](const Table& table) { write(to, table); });
  to.list(database.sequences, [&](const Sequence& sequence) { write(to, sequence); });
  // Not migrated, but reported: a tenant whose trigger differs must not be told another's.
  to.list(database.code, [&](const CodeObject& object) {
    to.text(object.kind);
    to.text(object.name);
    to.text(object.table);
    to.expression(object.text);
  });
  return to.hash();
}

}  // namespace godwit::mariadb
