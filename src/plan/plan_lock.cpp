#include "godwit/plan/plan_lock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "godwit/core/diagnostic.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "input_file.hpp"

namespace godwit::plan {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kLockVersion = 1;
constexpr const char* kVersionKey = "godwit_lock";
constexpr std::uintmax_t kLockBytesMax = 1U << 30U;
constexpr const char* kHint = "godwit plan -p plan.yaml --lock FILE writes one";

struct LockField {
  const char* name;
  std::string PlacedTenant::*member;
  bool optional = false;  // left out where it is empty
};

/// In the order of the file.
constexpr std::array<LockField, 8> kFields = {
    {{"tenant", &PlacedTenant::tenant},
     {"wave", &PlacedTenant::wave},
     {"cluster", &PlacedTenant::cluster},
     {"source_database", &PlacedTenant::source_database},
     {"target_database", &PlacedTenant::target_database},
     {"target_schema", &PlacedTenant::target_schema, true},
     {"schema", &PlacedTenant::schema},
     {"key", &PlacedTenant::key, true}}};

std::string line_of(const PlacedTenant& tenant) {
  Json line = Json::object();
  for (const LockField& field : kFields) {
    const std::string& value = tenant.*field.member;
    if (field.optional && value.empty()) continue;
    if (first_invalid_utf8(value)) {
      throw Error(ErrorKind::rejected,
                  "the lock file can't hold a name that is not UTF-8: " + printable(value));
    }
    line[field.name] = value;
  }
  return line.dump();
}

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  throw Error(ErrorKind::plan_invalid, to_string(Diagnostic{file, 0, 0, message}), kHint);
}

/// `byte` counts from 1, as the JSON parser does.
[[noreturn]] void refuse_at(const std::string& text, const std::string& file, std::size_t byte) {
  const std::size_t end = std::min(text.size(), byte == 0 ? 0 : byte - 1);
  const std::string_view before(text.data(), end);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos ? end + 1 : end - start;
  throw Error(ErrorKind::plan_invalid,
              to_string(Diagnostic{file, static_cast<int>(line), static_cast<int>(column),
                                   "the lock file is no JSON from here on"}),
              kHint);
}

PlacedTenant read_tenant(const Json& entry, const std::string& file, std::size_t index) {
  const std::string where = "'tenants[" + std::to_string(index) + "]'";
  if (!entry.is_object()) refuse(file, where + ": expected an object");
  PlacedTenant tenant;
  for (const LockField& field : kFields) {
    const auto value = entry.find(field.name);
    if (field.optional && value == entry.end()) continue;
    if (value == entry.end() || !value->is_string()) {
      refuse(file, where + ": expected a text '" + field.name + "'");
    }
    tenant.*field.member = value->get<std::string>();
  }
  return tenant;
}

}  // namespace

std::string lock_text(std::span<const PlacedTenant> tenants) {
  std::vector<const PlacedTenant*> sorted;
  for (const PlacedTenant& tenant : tenants)
    sorted.push_back(&tenant);
  std::sort(sorted.begin(), sorted.end(),
            [](const PlacedTenant* a, const PlacedTenant* b) { return a->tenant < b->tenant; });
  std::string text = "{\n  \"" + std::string(kVersionKey) + "\": " + std::to_string(kLockVersion) +
                     ",\n  \"tenants\": [";
  for (std::size_t i = 0; i < sorted.size(); ++i)
    text += (i == 0 ? "\n    " : ",\n    ") + line_of(*sorted[i]);
  return text + (sorted.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

std::vector<PlacedTenant> parse_lock(const std::string& text, const std::string& file) {
  Json document;
  try {
    document = Json::parse(text);
  } catch (const Json::parse_error& error) {
    refuse_at(text, file, error.byte);
  }
  if (!document.is_object() || !document.contains(kVersionKey) || !document.contains("tenants")) {
    refuse(file, "this is no lock file");
  }
  const Json& version = document[kVersionKey];
  if (!version.is_number_integer() || version != kLockVersion) {
    refuse(file, "this godwit reads lock files of version " + std::to_string(kLockVersion));
  }
  const Json& list = document["tenants"];
  if (!list.is_array()) refuse(file, "'tenants': expected a list");
  std::vector<PlacedTenant> tenants;
  tenants.reserve(list.size());
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    tenants.push_back(read_tenant(list[i], file, i));
    if (!names.insert(tenants.back().tenant).second) {
      refuse(file, "the tenant '" + tenants.back().tenant + "' stands twice");
    }
  }
  return tenants;
}

std::vector<PlacedTenant> load_lock(const std::string& path) {
  return parse_lock(read_input_file("lock file", path, kLockBytesMax), path);
}

void save_lock(const std::string& path, std::span<const PlacedTenant> tenants) {
  const std::string text = lock_text(tenants);
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(temporary.c_str());
    throw Error(ErrorKind::usage,
                "can't write the lock file " + printable(path) + ": " + std::strerror(error));
  }
}

}  // namespace godwit::plan
