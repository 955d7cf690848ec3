// SQLite handles with an owner, and its return codes as Errors. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace godwit::control {

enum class Access { read, write };

class Database {
 public:
  /// Opens an existing file. Errors: held when another process keeps it locked for more than 10
  /// seconds, internal for everything else (full disk, damaged file), each naming the file.
  Database(std::string path, Access access);

  /// Runs statements without parameters and results.
  void execute(const std::string& sql);
  /// The first column of a statement's first row.
  std::int64_t integer(const std::string& sql);
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Rows changed by the last INSERT, UPDATE or DELETE.
  [[nodiscard]] int changes() const;
  /// False while a transaction is open.
  [[nodiscard]] bool in_autocommit() const;
  /// Throws what a failed call means.
  void check(int code) const;
  [[nodiscard]] sqlite3* native() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement that is kept. One use: bind its parameters, step, and it resets itself.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  /// Binds all parameters in order: text, integers, doubles. Texts must live until the run ends.
  template <class... Values>
  void bind(const Values&... values) {
    reset();
    int position = 0;
    (bind_one(++position, values), ...);
  }
  /// The next row; false at the end, where the statement resets itself.
  bool step();
  /// Binds and runs a statement without result rows.
  template <class... Values>
  void run(const Values&... values) {
    bind(values...);
    while (step()) {
    }
  }
  /// Ends the use before the last row.
  void reset() noexcept;

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  [[nodiscard]] double real(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  void bind_text(int position, std::string_view value);
  void bind_integer(int position, std::int64_t value);
  void bind_real(int position, double value);

  template <class Value>
  void bind_one(int position, const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      bind_integer(position, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
      bind_real(position, value);
    } else {
      bind_text(position, value);
    }
  }

  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace godwit::control
