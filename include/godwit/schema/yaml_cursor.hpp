// Strict reading of YAML files (type maps, plans): a document that keeps duplicate keys and every
// value's place, and a cursor that walks it and reports each mistake as file:line:column, so that
// a reader can go on and show all of them at once. Aliases, anchors, tags and several documents in
// one file are refused. Not thread-safe; cursors are valid as long as their document lives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "godwit/core/diagnostic.hpp"

namespace godwit::schema {

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  std::string text;                // scalars, and a null's spelling: "null", "~" or empty
  bool quoted = false;             // "1" is text, 1 may be a number
  int line = 0;                    // from 1
  int column = 0;                  // from 1
  std::vector<YamlNode> items;     // sequences
  std::vector<YamlEntry> entries;  // maps, in the order of the file, duplicates included
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

class YamlCursor;

class YamlDocument {
 public:
  /// Never throws for what the text holds: a syntax error becomes a diagnostic and the root a null
  /// for which the cursor reports nothing more. `diagnostics` must outlive the document.
  static YamlDocument parse(std::string_view text, std::string file, Diagnostics& diagnostics);

  [[nodiscard]] YamlCursor root() const;

 private:
  friend class YamlCursor;
  struct State {
    std::string file;
    Diagnostics* diagnostics = nullptr;
    YamlNode root;
    bool broken = false;  // not even YAML; what follows from that is not worth reporting
  };
  std::unique_ptr<State> state_;
};

/// One value of a document. Readers give nullopt (or an empty list) after having reported why.
class YamlCursor {
 public:
  using Entry = std::pair<std::string, YamlCursor>;

  [[nodiscard]] bool is_null() const { return node_->kind == YamlNode::Kind::null; }
  [[nodiscard]] bool is_scalar() const { return node_->kind == YamlNode::Kind::scalar; }
  [[nodiscard]] bool is_list() const { return node_->kind == YamlNode::Kind::sequence; }
  [[nodiscard]] bool is_map() const { return node_->kind == YamlNode::Kind::map; }
  /// e.g. "waves[2].lanes"; empty for the root.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// "file:line:column"
  [[nodiscard]] std::string where() const;

  /// Reports `message` at this value's place.
  void error(const std::string& message) const;

  /// This must be a map of these keys only: reports another kind, unknown keys (with the nearest
  /// of these) and duplicates. False: not a map.
  bool expect_keys(std::initializer_list<std::string_view> keys) const;
  /// The value of a key, the first if there are several; nullopt without a report: none.
  [[nodiscard]] std::optional<YamlCursor> find(std::string_view key) const;
  /// The same, reporting a missing key.
  [[nodiscard]] std::optional<YamlCursor> require(std::string_view key) const;
  /// A map with free keys; reports another kind and duplicates.
  [[nodiscard]] std::vector<Entry> entries() const;
  /// A list; reports another kind.
  [[nodiscard]] std::vector<YamlCursor> items() const;

  /// Any scalar as it is written, `1` and `true` too; not null.
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t minimum,
                                                    std::int64_t maximum) const;
  [[nodiscard]] std::optional<bool> boolean() const;
  /// "64MiB", "1GB", 4096
  [[nodiscard]] std::optional<std::uint64_t> bytes() const;
  /// "1M", "40k", 40
  [[nodiscard]] std::optional<std::uint64_t> count(std::uint64_t minimum,
                                                   std::uint64_t maximum) const;
  /// "10s", "5m", "2h", "7d"
  [[nodiscard]] std::optional<std::chrono::seconds> duration(std::chrono::seconds minimum,
                                                             std::chrono::seconds maximum) const;
  /// The index of the word in `words`; `null` counts as the word null.
  [[nodiscard]] std::optional<std::size_t> choice(std::span<const std::string_view> words) const;
  /// A list of scalars.
  [[nodiscard]] std::vector<std::string> texts() const;

 private:
  friend class YamlDocument;
  YamlCursor(const YamlDocument::State& document, const YamlNode& node, std::string path)
      : document_(&document), node_(&node), path_(std::move(path)) {}

  void error_at(const YamlNode& node, const std::string& message) const;
  [[nodiscard]] bool expect_map() const;
  void report_duplicates() const;
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::string found() const;
  [[nodiscard]] YamlCursor child(const YamlEntry& entry) const;

  const YamlDocument::State* document_;
  const YamlNode* node_;
  std::string path_;
};

/// In the order of the file: readers don't visit values in that order.
void sort_by_place(Diagnostics& diagnostics);

}  // namespace godwit::schema
