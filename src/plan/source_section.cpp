#include <cstdlib>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/secret.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr int kReadersMax = 64;
constexpr std::chrono::seconds kLagMin{1};
constexpr std::chrono::seconds kLagMax{86400};
constexpr std::uint64_t kThreadsMax = 1'000'000;
constexpr std::uint64_t kHistoryMax = 1'000'000'000'000;

std::string with_hint(const Error& error) {
  const std::string message = error.what();
  return error.hint().empty() ? message : message + " (" + error.hint() + ")";
}

/// nullopt: reported.
std::optional<mariadb::Endpoint> read_uri(const YamlCursor& value, std::string& text) {
  const std::optional<std::string> uri = read_word(value);
  if (!uri) return std::nullopt;
  const std::string subject = "'" + value.path() + "'";
  if (holds_password(*uri)) {
    value.error(subject +
                " holds a password; use source.password_file, "
                "GODWIT_SOURCE_PASSWORD or an option file (?defaults-file=FILE) instead");
    return std::nullopt;
  }
  try {
    mariadb::Endpoint endpoint = mariadb::parse_uri(*uri);
    text = *uri;
    return endpoint;
  } catch (const Error& error) {
    value.error(subject + ": " + with_hint(error));
  }
  return std::nullopt;
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

/// After the source's own account is known: the replicas' is the same unless their URI names one.
void read_replicas(const YamlCursor& list, SourceSpec& source) {
  if (list.is_list() && list.items().empty()) list.error("'" + list.path() + "' is empty");
  for (const YamlCursor& item : list.items()) {
    ReplicaSpec replica;
    std::optional<mariadb::Endpoint> endpoint = read_uri(item, replica.uri);
    if (!endpoint) continue;
    replica.endpoint = std::move(*endpoint);
    if (replica.endpoint.user.empty()) replica.endpoint.user = source.endpoint.user;
    if (replica.endpoint.defaults_file.empty()) {
      replica.endpoint.defaults_file = source.endpoint.defaults_file;
      replica.endpoint.defaults_group = source.endpoint.defaults_group;
    }
    replica.endpoint.password = source.endpoint.password;
    source.replicas.push_back(std::move(replica));
  }
}

void read_limits(const YamlCursor& limits, SourceSpec& source) {
  if (!limits.expect_keys({"readers", "replica_lag", "threads_running", "history_list"})) return;
  if (const auto readers = limits.find("readers")) {
    if (const auto count = readers->integer(1, kReadersMax)) {
      source.readers = static_cast<int>(*count);
    }
  }
  if (const auto lag = limits.find("replica_lag")) {
    source.limits.replica_lag = lag->duration(kLagMin, kLagMax);
    if (source.limits.replica_lag && source.replicas.empty()) {
      lag->error("'" + lag->path() +
                 "' needs 'source.replicas', a list of the replicas' URIs: a source doesn't know "
                 "how far they are behind");
    }
  }
  if (const auto threads = limits.find("threads_running")) {
    source.limits.threads_running = threads->count(1, kThreadsMax);
  }
  if (const auto history = limits.find("history_list")) {
    source.limits.history_list = history->count(1, kHistoryMax);
  }
}

}  // namespace

void read_source(const YamlCursor& section, const std::filesystem::path& folder,
                 SourceSpec& source) {
  if (!section.expect_keys({"uri", "password_file", "limits", "replicas", "password"})) return;
  refuse_password(section);
  if (const auto uri = section.require("uri")) {
    if (auto endpoint = read_uri(*uri, source.uri)) source.endpoint = std::move(*endpoint);
  }
  read_password(section, folder, source);
  if (const auto replicas = section.find("replicas")) read_replicas(*replicas, source);
  if (const auto limits = section.find("limits")) read_limits(*limits, source);
}

}  // namespace godwit::plan
