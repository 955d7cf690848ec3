#include "godwit/plan/catalog_file.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "input_file.hpp"

namespace godwit::plan {
namespace {

using Json = nlohmann::json;

constexpr std::uintmax_t kCatalogBytesMax = 1U << 30U;
/// A file of another kind has a mistake on every line.
constexpr std::size_t kMistakesMax = 20;

class CatalogReader {
 public:
  CatalogReader(const std::string& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  CatalogFile read(std::string_view text) {
    while (!text.empty() && mistakes_ < kMistakesMax) {
      ++line_;
      const std::size_t end = text.find('\n');
      read_line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return std::move(catalog_);
  }

 private:
  void read_line(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    const Json entry = Json::parse(line.begin(), line.end(), nullptr, false);
    if (!entry.is_object()) {
      error("expected a JSON object, such as {\"tenant\": \"acme\", \"bytes\": 9000000}");
      return;
    }
    if (!check_keys(entry)) return;
    const std::optional<std::string> tenant = name_of(entry, "tenant");
    if (!tenant) return;
    TenantSource source{*tenant, *tenant};
    if (entry.contains("database")) {
      const std::optional<std::string> database = name_of(entry, "database");
      if (!database) return;
      source.database = *database;
    }
    mariadb::DatabaseSummary summary;
    summary.name = source.database;
    const bool counted = read_count(entry, "tables", summary.tables) &&
                         read_count(entry, "rows", summary.row_estimate) &&
                         read_count(entry, "bytes", summary.bytes);
    if (!counted) return;
    if (!is_new("tenant", source.tenant, tenants_)) return;
    if (!is_new("database", source.database, databases_)) return;
    catalog_.tenants.push_back(std::move(source));
    catalog_.databases.push_back(std::move(summary));
  }

  bool check_keys(const Json& entry) {
    static constexpr std::array<std::string_view, 5> kKeys = {"tenant", "database", "tables",
                                                              "rows", "bytes"};
    for (const auto& [key, value] : entry.items()) {
      if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) continue;
      const std::string_view near = nearest(key, kKeys);
      error("unknown key '" + key + "'" +
            (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?"));
      return false;
    }
    return true;
  }

  std::optional<std::string> name_of(const Json& entry, const char* key) {
    const auto value = entry.find(key);
    if (value != entry.end() && value->is_string()) {
      auto name = value->get<std::string>();
      if (!name.empty()) return name;
    }
    error(std::string("expected a text '") + key + "' that is not empty");
    return std::nullopt;
  }

  bool read_count(const Json& entry, const char* key, std::uint64_t& count) {
    const auto value = entry.find(key);
    if (value == entry.end()) return true;
    if (!value->is_number_unsigned()) {
      error(std::string("'") + key + "': expected a whole number of at least 0");
      return false;
    }
    count = value->get<std::uint64_t>();
    return true;
  }

  using Lines = std::unordered_map<std::string, int>;

  bool is_new(const char* what, const std::string& name, Lines& lines) {
    const auto [at, is_new] = lines.emplace(name, line_);
    if (!is_new) {
      error(std::string("the ") + what + " '" + name + "' stands in line " +
            std::to_string(at->second) + " already");
    }
    return is_new;
  }

  void error(const std::string& message) {
    ++mistakes_;
    diagnostics_.push_back({file_, line_, 1, message});
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  CatalogFile catalog_;
  Lines tenants_;
  Lines databases_;
  std::size_t mistakes_ = 0;
  int line_ = 0;
};

}  // namespace

CatalogFile parse_catalog(const std::string& text, const std::string& file,
                          Diagnostics& diagnostics) {
  return CatalogReader(file, diagnostics).read(text);
}

CatalogFile load_catalog(const std::string& path) {
  Diagnostics diagnostics;
  CatalogFile catalog =
      parse_catalog(read_input_file("catalog", path, kCatalogBytesMax), path, diagnostics);
  if (diagnostics.empty() && catalog.tenants.empty()) {
    diagnostics.push_back({path, 0, 0, "the catalog has no tenant"});
  }
  if (!diagnostics.empty()) throw Error(ErrorKind::plan_invalid, to_string(diagnostics));
  return catalog;
}

}  // namespace godwit::plan
