#include <algorithm>
#include <sstream>
#include <tuple>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "godwit/schema/yaml_cursor.hpp"

namespace godwit::schema {

namespace {

/// Builds the tree from parser events, because yaml-cpp's own nodes hide duplicate keys, resolve
/// aliases (without a bound) and forget whether a scalar was quoted.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string file, Diagnostics& diagnostics)
      : text_(text), file_(std::move(file)), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    YamlNode node = make(YamlNode::Kind::null, mark);
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    if (at < text_.size()) {
      for (const std::string_view spelling : {"null", "Null", "NULL", "~"}) {
        if (text_.substr(at, spelling.size()) == spelling) node.text = spelling;
      }
    }
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report(mark, "aliases are not allowed");
    add(make(YamlNode::Kind::null, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node = make(YamlNode::Kind::scalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  YamlNode take_root() { return std::move(root_); }

 private:
  static YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }
  void report(const YAML::Mark& mark, const std::string& message) {
    diagnostics_.push_back({file_, mark.line + 1, mark.column + 1, message});
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) report(mark, "anchors are not allowed");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") report(mark, "tags are not allowed");
  }
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open_.push_back({make(kind, mark), std::nullopt});
  }
  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }
  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;  // of the entry whose value is awaited
  };
  std::string_view text_;
  std::string file_;
  Diagnostics& diagnostics_;
  YamlNode root_;
  std::vector<Open> open_;
};

}  // namespace

YamlDocument YamlDocument::parse(std::string_view text, std::string file,
                                 Diagnostics& diagnostics) {
  YamlDocument document;
  document.state_ = std::make_unique<State>();
  State& state = *document.state_;
  state.file = std::move(file);
  state.diagnostics = &diagnostics;
  state.root.line = 1;
  state.root.column = 1;
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    TreeBuilder builder(text, state.file, diagnostics);
    if (parser.HandleNextDocument(builder)) state.root = builder.take_root();
    TreeBuilder rest(text, state.file, diagnostics);
    if (parser.HandleNextDocument(rest)) {
      const YamlNode second = rest.take_root();
      diagnostics.push_back(
          {state.file, second.line, second.column, "a second document in one file"});
    }
  } catch (const YAML::Exception& error) {
    diagnostics.push_back({state.file, error.mark.line + 1, error.mark.column + 1, error.msg});
    state.root = YamlNode{};
    state.broken = true;
  }
  return document;
}

YamlCursor YamlDocument::root() const { return {*state_, state_->root, {}}; }

void sort_by_place(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& left, const Diagnostic& right) {
                     return std::tie(left.line, left.column) < std::tie(right.line, right.column);
                   });
}

}  // namespace godwit::schema
