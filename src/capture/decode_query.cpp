#include "byte_reader.hpp"
#include "decode_bodies.hpp"
#include "inflate.hpp"

namespace godwit::capture {
namespace {

/// Codes of the status variables: https://mariadb.com/kb/en/query_event/
enum class Variable : std::uint8_t {
  flags2 = 0,
  sql_mode = 1,
  catalog = 2,
  auto_increment = 3,
  charset = 4,
  time_zone = 5,
  catalog_nz = 6,
  lc_time_names = 7,
  charset_database = 8,
  table_map_for_update = 9,
  master_data_written = 10,
  invoker = 11,
  hrnow = 128,
  xid = 129,
  gtid_flags3 = 130,
  character_set_collations = 131,
  dummy = 255,
};

constexpr const char* kVariable = "a status variable";

void skip(ByteReader& reader, std::uint64_t size) { (void)reader.bytes(size, kVariable); }

void skip_text(ByteReader& reader) { skip(reader, reader.u8(kVariable)); }

/// Reads or skips one; false when its length isn't known.
bool read_variable(Variable code, ByteReader& reader, QueryVariables& variables) {
  switch (code) {
    case Variable::flags2: variables.flags2 = reader.u32(kVariable); return true;
    case Variable::sql_mode: variables.sql_mode = reader.u64(kVariable); return true;
    case Variable::catalog: skip(reader, reader.u8(kVariable) + 1U); return true;  // and a NUL
    case Variable::auto_increment: skip(reader, 4); return true;
    case Variable::charset: {
      QueryVariables::Charset charset;
      charset.client = reader.u16(kVariable);
      charset.connection = reader.u16(kVariable);
      charset.server = reader.u16(kVariable);
      variables.charset = charset;
      return true;
    }
    case Variable::time_zone:
      variables.time_zone = reader.text(reader.u8(kVariable), kVariable);
      return true;
    case Variable::catalog_nz: skip_text(reader); return true;
    case Variable::lc_time_names: skip(reader, 2); return true;
    case Variable::charset_database:
      variables.database_charset = reader.u16(kVariable);
      return true;
    case Variable::table_map_for_update: skip(reader, 8); return true;
    case Variable::master_data_written: skip(reader, 4); return true;
    case Variable::invoker:
      skip_text(reader);
      skip_text(reader);
      return true;
    case Variable::hrnow: skip(reader, 3); return true;
    case Variable::xid: skip(reader, 8); return true;
    case Variable::gtid_flags3: {
      constexpr unsigned kWithSequence = GtidEvent::kCommitAlter | GtidEvent::kRollbackAlter;
      if ((reader.u8(kVariable) & kWithSequence) != 0) skip(reader, 8);
      return true;
    }
    case Variable::character_set_collations:
      skip(reader, std::uint64_t{reader.u8(kVariable)} * 4);
      return true;
    case Variable::dummy: return true;
  }
  return false;
}

QueryVariables read_variables(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  QueryVariables variables;
  while (!reader.at_end()) {
    const auto code = static_cast<Variable>(reader.u8(kVariable));
    if (!read_variable(code, reader, variables)) {
      variables.complete = false;
      break;
    }
  }
  return variables;
}

}  // namespace

// https://mariadb.com/kb/en/query_event/
QueryEvent decode_query(std::span<const std::byte> body, std::size_t fixed_length) {
  ByteReader reader(body);
  ByteReader fixed(reader.bytes(fixed_length, "the fixed part"));
  QueryEvent event;
  event.thread_id = fixed.u32("the fixed part");
  (void)fixed.u32("the fixed part");  // seconds that the statement took
  const std::uint8_t database_bytes = fixed.u8("the fixed part");
  event.error_code = fixed.u16("the fixed part");
  const std::uint16_t variables_bytes = fixed.u16("the fixed part");
  event.variables = read_variables(reader.bytes(variables_bytes, "the status variables"));
  event.database = reader.text(database_bytes, "the database");
  if (reader.u8("the database") != 0) malformed("the database doesn't end where it should");
  event.sql = as_text(reader.rest());
  return event;
}

// https://mariadb.com/kb/en/query_compressed_event/
QueryEvent decode_query_compressed(std::span<const std::byte> body, std::size_t fixed_length,
                                   std::string& buffer) {
  QueryEvent event = decode_query(body, fixed_length);
  event.sql = as_text(inflate_event_part(std::as_bytes(std::span(event.sql)), buffer));
  return event;
}

LoadEvent decode_execute_load_query(std::span<const std::byte> body, std::size_t fixed_length) {
  const QueryEvent query = decode_query(body, fixed_length);
  return {query.database, query.sql};
}

}  // namespace godwit::capture
