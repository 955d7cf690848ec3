#include "godwit/mariadb/row_stream.hpp"

#include <sys/socket.h>

#include <vector>

#include "handle.hpp"

namespace godwit::mariadb {

namespace {

struct StatementClose {
  void operator()(MYSQL_STMT* statement) const noexcept { mysql_stmt_close(statement); }
};

/// Bytes of a value of this type in a binary row; 0: behind a length prefix.
std::uint8_t fixed_width(enum_field_types type) {
  switch (static_cast<int>(type)) {
    case MYSQL_TYPE_TINY: return 1;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR: return 2;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_FLOAT: return 4;
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_DOUBLE: return 8;
    default: return 0;
  }
}

/// The length prefix above 250: a marker (252, 253, 254), then 2, 3 or 8 little-endian bytes.
/// Moves `data` behind it; false for anything else.
bool read_long_length(const unsigned char*& data, const unsigned char* end, std::size_t& length) {
  const unsigned char marker = data[-1];
  const int width = marker == 252 ? 2 : marker == 253 ? 3 : marker == 254 ? 8 : 0;
  if (width == 0 || end - data < width) return false;
  length = 0;
  for (int i = width - 1; i >= 0; --i)
    length = length << 8U | data[i];
  data += width;
  return true;
}

}  // namespace

struct RowStream::State {
  MYSQL* mysql = nullptr;
  std::string where;
  std::unique_ptr<MYSQL_STMT, StatementClose> statement;
  std::vector<std::uint8_t> widths;
  std::vector<RawValue> row;
  const unsigned char* begin = nullptr;  // of the row's first value; nullptr: none yet
  const unsigned char* end = nullptr;    // behind the row's last value
  const unsigned char* limit = nullptr;  // of the memory that holds the packet
  bool malformed = false;
  bool finished = false;

  ~State() {
    if (finished || mysql == nullptr) return;
    // Closing the statement would read all that is left of the result; a dead socket has nothing.
    const my_socket socket = mysql_get_socket(mysql);
    if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
  }

  /// Called by the client library for every value of a row, instead of copying it somewhere.
  /// `position` is where the value's bytes start, nullptr for NULL, and is moved behind them.
  static void take_value(void* data, unsigned column, unsigned char** position) noexcept {
    State& self = *static_cast<State*>(data);
    RawValue& value = self.row[column];
    if (position == nullptr) {
      value = {};
      return;
    }
    const unsigned char* bytes = *position;
    if (self.begin == nullptr) {
      self.begin = bytes;
      self.limit = self.mysql->net.buff_end;
    }
    std::size_t size = self.widths[column];
    bool complete = bytes < self.limit;
    if (size == 0 && complete) {
      size = *bytes++;
      if (size > 250) complete = read_long_length(bytes, self.limit, size);
    }
    if (!complete || size > static_cast<std::size_t>(self.limit - bytes)) {
      self.malformed = true;
      value = {};
      return;
    }
    value = {reinterpret_cast<const std::byte*>(bytes), size};
    self.end = bytes + size;
    *position += self.end - *position;
  }

  [[nodiscard]] Error error() const {
    // While rows are read, the library notes a failure with the connection only.
    const unsigned number = mysql_stmt_errno(statement.get());
    if (number == 0) return server_error(mysql_errno(mysql), mysql_error(mysql), where);
    return listed_name_error(number, mysql_stmt_error(statement.get()), where);
  }

  void open(const std::string& sql) {
    statement.reset(mysql_stmt_init(mysql));
    if (!statement) throw Error(ErrorKind::internal, "out of memory");
    MYSQL_STMT* raw = statement.get();
    finished = true;  // nothing to break off until the result starts
    // prepares and executes in one round trip: a small tenant consists of small tables
    if (mariadb_stmt_execute_direct(raw, sql.data(), sql.size()) != 0) throw error();
    const unsigned columns = mysql_stmt_field_count(raw);
    if (columns == 0) throw Error(ErrorKind::internal, "a statement without a result: " + sql);
    widths.resize(columns);
    row.resize(columns);
    const MYSQL_FIELD* fields = mariadb_stmt_fetch_fields(raw);
    for (unsigned i = 0; i < columns; ++i)
      widths[i] = fixed_width(fields[i].type);
    const auto callback = &State::take_value;
    mysql_stmt_attr_set(raw, STMT_ATTR_CB_USER_DATA, this);
    mysql_stmt_attr_set(raw, STMT_ATTR_CB_RESULT, reinterpret_cast<const void*>(callback));
    finished = false;
  }
};

RowStream::RowStream(Connection& connection, const std::string& sql)
    : state_(std::make_unique<State>()) {
  state_->mysql = connection.native();
  state_->where = connection.where();
  state_->open(sql);
}

RowStream::RowStream(RowStream&&) noexcept = default;
RowStream& RowStream::operator=(RowStream&&) noexcept = default;
RowStream::~RowStream() = default;

bool RowStream::next() {
  State& state = *state_;
  if (state.finished) return false;
  state.begin = nullptr;
  const int result = mysql_stmt_fetch(state.statement.get());
  if (result == MYSQL_NO_DATA) {
    state.finished = true;
    return false;
  }
  if (result != 0) throw state.error();
  if (state.malformed) {
    throw Error(ErrorKind::source, "source " + state.where + ": malformed row packet");
  }
  return true;
}

std::span<const RawValue> RowStream::row() const { return state_->row; }

std::size_t RowStream::column_count() const { return state_->row.size(); }

std::size_t RowStream::row_bytes() const {
  // A status byte and the NULL bitmap, whose first two bits are unused, precede the values.
  const std::size_t header = 1 + (state_->row.size() + 9) / 8;
  if (state_->begin == nullptr) return header;
  return header + static_cast<std::size_t>(state_->end - state_->begin);
}

}  // namespace godwit::mariadb
