// A password in memory: can't be printed or compared by accident, wiped when it goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace godwit {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// Only for the call that hands it to a server's client library.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  /// Reads a password file: first line, without the line end. Throws Error(usage) when it
  /// can't be read or when others than its owner may read it.
  static Secret from_file(const std::string& path);

 private:
  void wipe() noexcept;
  std::string value_;
};

/// Forbids core dumps of this process, which would hold passwords and customers' rows.
void forbid_core_dumps();

/// The connection string with every password in it replaced by ***: user:password@, parameters
/// such as ?password=…, and password=… in libpq's keyword form.
std::string redact_uri(std::string_view uri);
/// Whether a connection string holds a password in one of those places.
bool holds_password(std::string_view uri);

}  // namespace godwit
