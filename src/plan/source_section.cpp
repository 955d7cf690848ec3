#include <cstdlib>

#include "godwit/core/error.hpp"
#include "godwit/core/secret.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr int kReadersMax = 64;

std::string with_hint(const Error& error) {
  const std::string message = error.what();
  return error.hint().empty() ? message : message + " (" + error.hint() + ")";
}

void read_uri(const YamlCursor& value, SourceSpec& source) {
  const std::optional<std::string> uri = read_word(value);
  if (!uri) return;
  if (holds_password(*uri)) {
    value.error(
        "'source.uri' holds a password; use source.password_file, "
        "GODWIT_SOURCE_PASSWORD or an option file (?defaults-file=FILE) instead");
    return;
  }
  try {
    source.endpoint = mariadb::parse_uri(*uri);
    source.uri = *uri;
  } catch (const Error& error) {
    value.error("'source.uri': " + with_hint(error));
  }
}

void read_password(const YamlCursor& section, const std::filesystem::path& folder,
                   SourceSpec& source) {
  const auto value = section.find("password_file");
  if (!value) {
    if (const char* password = std::getenv("GODWIT_SOURCE_PASSWORD")) {
      source.endpoint.password = Secret(password);
    }
    return;
  }
  const std::optional<std::string> path = read_word(*value);
  if (!path) return;
  if (!source.endpoint.defaults_file.empty()) {
    value->error(
        "'source.password_file' conflicts with the option file of 'source.uri': "
        "only one of them can give the password");
    return;
  }
  try {
    source.endpoint.password = Secret::from_file((folder / *path).string());
  } catch (const Error& error) {
    value->error("'source.password_file': " + with_hint(error));
  }
}

}  // namespace

void read_source(const YamlCursor& section, const std::filesystem::path& folder,
                 SourceSpec& source) {
  if (!section.expect_keys({"uri", "password_file", "limits", "password"})) return;
  refuse_password(section);
  if (const auto uri = section.require("uri")) read_uri(*uri, source);
  read_password(section, folder, source);
  if (const auto limits = section.find("limits")) {
    if (!limits->expect_keys({"readers", "replica_lag", "threads_running", "history_list"})) return;
    refuse_unsupported(*limits, {"replica_lag", "threads_running", "history_list"});
    if (const auto readers = limits->find("readers")) {
      if (const auto count = readers->integer(1, kReadersMax)) {
        source.readers = static_cast<int>(*count);
      }
    }
  }
}

}  // namespace godwit::plan
