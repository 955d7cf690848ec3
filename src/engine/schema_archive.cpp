#include "schema_archive.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include <nlohmann/json.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"

namespace nlohmann {

template <class Value>
struct adl_serializer<std::optional<Value>> {
  static void to_json(json& to, const std::optional<Value>& value) {
    to = value ? json(*value) : json(nullptr);
  }
  static void from_json(const json& from, std::optional<Value>& value) {
    if (from.is_null()) {
      value.reset();
    } else {
      value = from.get<Value>();
    }
  }
};

}  // namespace nlohmann

namespace godwit::mariadb {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Column, name, type, declared_type, is_unsigned, nullable, length,
                                   octet_length, precision, scale, fraction, charset, collation,
                                   members, geometry_type, srid, default_text, on_update_now,
                                   auto_increment, invisible, compressed, generation_expression,
                                   stored_generated, comment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(IndexPart, column, prefix, descending)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Index, name, kind, primary, unique, ignored, without_overlaps,
                                   parts, comment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ForeignKey, name, columns, referenced_database, referenced_table,
                                   referenced_columns, on_delete, on_update)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Check, name, expression)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Table, name, engine, collation, comment, row_estimate,
                                   data_bytes, index_bytes, auto_increment, system_versioned,
                                   partitioned, columns, indexes, foreign_keys, checks)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sequence, name, start, increment, minimum, maximum, cache, cycle,
                                   next_not_cached)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CodeObject, kind, name, table, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Database, name, charset, collation, tables, sequences, code)

}  // namespace godwit::mariadb

namespace godwit::engine {
namespace {

namespace fs = std::filesystem;

fs::path file_of(const std::string& state, const std::string& fingerprint) {
  return fs::path(state) / "schemas" / (fingerprint + ".json");
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  // only whole files take the name
  const fs::path draft = path.string() + ".draft";
  {
    std::ofstream file(draft, std::ios::binary | std::ios::trunc);
    fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_write);
    file << text;
    file.close();
    if (!file) throw Error(ErrorKind::internal, "can't write " + draft.string());
  }
  fs::rename(draft, path);
}

}  // namespace

std::string schema_text(const mariadb::Database& database) {
  return nlohmann::json(database).dump();
}

mariadb::Database parse_schema(const std::string& text) {
  try {
    return nlohmann::json::parse(text).get<mariadb::Database>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::internal, std::string("not a kept schema: ") + error.what());
  }
}

void keep_schema(const std::string& state, const SchemaVariant& schema) {
  static std::mutex mutex;  // lanes copy tenants of one schema side by side
  const std::lock_guard lock(mutex);
  try {
    const fs::path path = file_of(state, schema.target.fingerprint);
    if (!fs::exists(path)) write_file(path, schema_text(schema.model));
  } catch (...) {
    log::event(log::Level::warn, "schema.not_kept",
               {{"schema", schema.target.fingerprint}, {"error", current_error().what()}});
  }
}

std::optional<mariadb::Database> find_schema(const std::string& state,
                                             const std::string& fingerprint) {
  std::ifstream file(file_of(state, fingerprint), std::ios::binary);
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    return parse_schema(text);
  } catch (const Error& error) {
    log::event(log::Level::warn, "schema.not_kept",
               {{"schema", fingerprint}, {"error", error.what()}});
    return std::nullopt;
  }
}

}  // namespace godwit::engine
