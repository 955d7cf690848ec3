#include <algorithm>

#include "godwit/core/secret.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

constexpr int kDatabasesMax = 1'000'000;
constexpr int kConnectionsMax = 100'000;

void read_count(const YamlCursor& section, std::string_view key, int maximum, int& count) {
  if (const auto value = section.find(key)) {
    if (const auto number = value->integer(1, maximum)) count = static_cast<int>(*number);
  }
}

/// libpq reads the rest of it; nothing of it is changed here.
void read_uri(const YamlCursor& value, ClusterSpec& cluster) {
  const std::optional<std::string> uri = read_word(value);
  if (!uri) return;
  if (holds_password(*uri)) {
    value.error("'" + value.path() +
                "' holds a password; use libpq's password file (PGPASSFILE) or a service "
                "(PGSERVICE) instead");
    return;
  }
  const bool is_uri = uri->starts_with("postgresql://") || uri->starts_with("postgres://");
  if (!is_uri && (uri->find('=') == std::string::npos || uri->find("://") != std::string::npos)) {
    value.error("'" + value.path() +
                "': expected postgresql://USER@HOST:PORT or libpq's "
                "keyword=value form");
    return;
  }
  cluster.uri = *uri;
}

void read_cluster(const YamlCursor& section, std::vector<ClusterSpec>& clusters) {
  const bool is_map = section.expect_keys({"name", "uri", "databases", "bytes", "connections",
                                           "engine_connections", "closed", "password"});
  if (!is_map) return;
  refuse_password(section);
  ClusterSpec cluster;
  const auto find = [&](auto member, const std::string& wanted) {
    return !wanted.empty() &&
           std::any_of(clusters.begin(), clusters.end(),
                       [&](const ClusterSpec& other) { return other.*member == wanted; });
  };
  if (const auto name = section.require("name")) {
    cluster.name = read_name(*name).value_or("");
    if (find(&ClusterSpec::name, cluster.name)) {
      name->error("duplicate cluster '" + cluster.name + "'");
    }
  }
  if (const auto uri = section.require("uri")) {
    read_uri(*uri, cluster);
    if (find(&ClusterSpec::uri, cluster.uri)) {
      uri->error("'" + uri->path() + "' is the uri of another cluster already");
    }
  }
  read_count(section, "databases", kDatabasesMax, cluster.databases);
  if (const auto value = section.find("bytes")) cluster.bytes = value->bytes();
  read_count(section, "connections", kConnectionsMax, cluster.connections);
  read_count(section, "engine_connections", kConnectionsMax, cluster.engine_connections);
  if (const auto closed = section.find("closed")) {
    cluster.closed = closed->boolean().value_or(false);
  }
  if (cluster.engine_connections > cluster.connections) {
    section.error("'" + section.path() + "': engine_connections (" +
                  std::to_string(cluster.engine_connections) + ") conflicts with connections (" +
                  std::to_string(cluster.connections) + "), of which it is a part");
  }
  clusters.push_back(std::move(cluster));
}

}  // namespace

void read_clusters(const YamlCursor& section, std::vector<ClusterSpec>& clusters) {
  const std::vector<YamlCursor> items = section.items();
  if (section.is_list() && items.empty()) section.error("'clusters' is empty");
  for (const YamlCursor& item : items)
    read_cluster(item, clusters);
  if (!clusters.empty() && std::all_of(clusters.begin(), clusters.end(),
                                       [](const ClusterSpec& cluster) { return cluster.closed; })) {
    section.error("'clusters': all of them are closed; one must take the tenants to come");
  }
}

}  // namespace godwit::plan
