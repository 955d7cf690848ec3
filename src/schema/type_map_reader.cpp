// Reads a type map's YAML; the format is described in schema_maps/README.md.
#include <algorithm>

#include "godwit/core/text.hpp"
#include "godwit/schema/type_map.hpp"
#include "godwit/schema/yaml_cursor.hpp"
#include "source_types.hpp"

namespace godwit::schema {

class TypeMapReader {
 public:
  TypeMap read(const YamlCursor& root) {
    if (!root.expect_keys({"version", "name", "policies", "types", "alternatives"})) return map_;
    if (const auto version = root.require("version")) (void)version->integer(1, 1);
    if (const auto name = root.require("name")) map_.name_ = name->text().value_or("");
    if (const auto policies = root.find("policies")) read_policies(*policies);
    if (const auto types = root.require("types")) {
      for (const YamlCursor& item : types->items())
        read_type(item);
    }
    if (const auto alternatives = root.find("alternatives")) {
      for (const YamlCursor& item : alternatives->items())
        read_alternative(item);
    }
    return std::move(map_);
  }

 private:
  template <class Policy>
  static void read_policy(const YamlCursor& policies, std::string_view key,
                          std::span<const std::string_view> words, Policy& policy) {
    const auto value = policies.find(key);
    if (!value) return;
    if (const auto index = value->choice(words)) policy = static_cast<Policy>(*index);
  }

  void read_policies(const YamlCursor& policies) {
    if (!policies.expect_keys({"zero_date", "nul_byte", "invalid_text", "invalid_enum"})) return;
    read_policy(policies, "zero_date", zero_date_words(), map_.policies_.zero_date);
    read_policy(policies, "nul_byte", nul_byte_words(), map_.policies_.nul_byte);
    read_policy(policies, "invalid_text", invalid_text_words(), map_.policies_.invalid_text);
    read_policy(policies, "invalid_enum", invalid_enum_words(), map_.policies_.invalid_enum);
  }

  void read_type(const YamlCursor& item) {
    if (!item.expect_keys({"source", "target", "form", "check", "loss"})) return;
    const TypeRule rule = read_rule(item);
    const bool known = std::any_of(map_.rules_.begin(), map_.rules_.end(), [&](const TypeRule& r) {
      return shadows(r.source, rule.source);
    });
    if (known && !rule.source.empty()) {
      item.error("the rule for '" + rule.source +
                 "' is never reached: one before it matches all "
                 "its columns");
    }
    map_.rules_.push_back(rule);
  }

  void read_alternative(const YamlCursor& item) {
    if (!item.expect_keys({"name", "source", "target", "form", "check", "loss"})) return;
    const TypeRule rule = read_rule(item);
    const auto name = item.require("name");
    if (!name) return;
    const std::string key = rule.source + "/" + name->text().value_or("");
    if (!map_.alternatives_.emplace(key, rule).second) {
      item.error("a second alternative '" + key + "'");
    }
  }

  /// Whether every column that `later` matches is matched by `earlier` already.
  static bool shadows(const std::string& earlier, const std::string& later) {
    const auto first = parse_source_pattern(earlier);
    const auto second = parse_source_pattern(later);
    return first && second && first->type == second->type &&
           first->is_unsigned == second->is_unsigned &&
           (!first->width || first->width == second->width);
  }

  static TypeRule read_rule(const YamlCursor& item) {
    TypeRule rule;
    const SourceType* type = nullptr;
    if (const auto source = item.require("source")) {
      rule.source = source->text().value_or("");
      type = read_source(*source, rule.source);
    }
    if (const auto target = item.require("target")) {
      rule.target = target->text().value_or("");
      check_placeholders(
          *target, rule.target,
          type != nullptr ? type->placeholders : std::span<const std::string_view>());
    }
    if (const auto form = item.require("form")) rule.form = read_form(*form, type);
    if (const auto check = item.find("check")) {
      rule.check = check->text().value_or("");
      std::vector<std::string_view> known = {"column"};
      if (rule.form == TargetForm::text || rule.form == TargetForm::text_array) {
        known.insert(known.end(), {"members", "member_array"});
      }
      if (type != nullptr) {
        known.insert(known.end(), type->placeholders.begin(), type->placeholders.end());
      }
      check_placeholders(*check, rule.check, known);
    }
    if (const auto loss = item.find("loss")) rule.loss = loss->text().value_or("");
    return rule;
  }

  static const SourceType* read_source(const YamlCursor& cursor, const std::string& source) {
    const auto pattern = parse_source_pattern(source);
    if (!pattern) {
      cursor.error("'" + printable(source) +
                   "' is not a source type; it is written as "
                   "'name', 'name(width)' or 'name unsigned'");
      return nullptr;
    }
    if (pattern->type != nullptr) return pattern->type;
    const std::string word = source.substr(0, source.find_first_of("( "));
    const std::string near(nearest(word, source_type_names()));
    cursor.error("unknown source type '" + printable(word) + "'" +
                 (near.empty() ? "" : "; did you mean '" + near + "'?"));
    return nullptr;
  }

  static TargetForm read_form(const YamlCursor& cursor, const SourceType* type) {
    std::vector<std::string_view> words;
    if (type == nullptr) {  // reported already; check the word at least
      for (int form = 0; form <= static_cast<int>(TargetForm::inet); ++form) {
        words.push_back(schema::name(static_cast<TargetForm>(form)));
      }
      (void)cursor.choice(words);
      return TargetForm::text;
    }
    for (const TargetForm form : type->forms)
      words.push_back(schema::name(form));
    const auto index = cursor.choice(words);
    return index ? type->forms[*index] : TargetForm::text;
  }

  static void check_placeholders(const YamlCursor& cursor, const std::string& sql,
                                 std::span<const std::string_view> known) {
    for (std::size_t open = sql.find('{'); open != std::string::npos;
         open = sql.find('{', open + 1)) {
      const std::size_t close = sql.find('}', open);
      const std::string word = close == std::string::npos ? sql.substr(open + 1)
                                                          : sql.substr(open + 1, close - open - 1);
      if (close != std::string::npos &&
          std::find(known.begin(), known.end(), word) != known.end()) {
        continue;
      }
      std::string message = "unknown placeholder '{" + printable(word) + "}'";
      if (!known.empty()) message += "; known here: " + join({known.begin(), known.end()}, ", ");
      cursor.error(message);
    }
  }

  TypeMap map_;
};

TypeMap TypeMap::parse(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  Diagnostics found;
  const YamlDocument document = YamlDocument::parse(text, file, found);
  TypeMap map = TypeMapReader().read(document.root());
  sort_by_place(found);
  diagnostics.insert(diagnostics.end(), found.begin(), found.end());
  return map;
}

}  // namespace godwit::schema
