#include "columns.hpp"

#include <algorithm>

#include "codec_member.hpp"
#include "default_sql.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"
#include "sequences.hpp"

namespace godwit::schema {

namespace {

using mariadb::Column;
using mariadb::ColumnType;
using postgres::quote_identifier;
using postgres::quote_literal;

constexpr std::uint64_t kVarcharCharactersMax = 10'485'760;
constexpr std::uint64_t kUnlimitedBytes = 1ULL << 30U;

bool is_moment(ColumnType type) {
  return type == ColumnType::date || type == ColumnType::datetime || type == ColumnType::timestamp;
}

bool is_plain_text(ColumnType type) {
  return type == ColumnType::char_ || type == ColumnType::varchar || type == ColumnType::text;
}

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string member_list(const std::vector<std::string>& members) {
  std::vector<std::string> quoted;
  quoted.reserve(members.size());
  for (const std::string& member : members)
    quoted.push_back(quote_literal(member));
  return join(quoted, ", ");
}

/// The members a stored value can consist of: the declared ones, and '' where the policy turns
/// an ENUM's error value into it.
std::vector<std::string> stored_members(const Column& source, const Policies& policies) {
  std::vector<std::string> members = source.members;
  if (source.type == ColumnType::enum_ && policies.invalid_enum == InvalidEnum::empty &&
      std::find(members.begin(), members.end(), "") == members.end()) {
    members.emplace_back();
  }
  return members;
}

std::string type_sql(const TypeRule& rule, const Column& source) {
  if (rule.target == "varchar({length})" &&
      (source.length == 0 || source.length > kVarcharCharactersMax)) {
    return "text";
  }
  std::string sql = rule.target;
  replace_all(sql, "{precision}", std::to_string(source.precision));
  replace_all(sql, "{scale}", std::to_string(source.scale));
  replace_all(sql, "{length}", std::to_string(source.length));
  replace_all(sql, "{fraction}", std::to_string(source.fraction));
  return sql;
}

std::string check_sql(const TypeRule& rule, const Column& source, const TargetColumn& target) {
  if (rule.target == "varchar({length})" && source.length == 0) {
    return quote_identifier(target.name) + " = ''";
  }
  std::string sql = rule.check;
  // {members} last: what they hold must not be taken for a placeholder
  replace_all(sql, "{column}", quote_identifier(target.name));
  replace_all(sql, "{length}", std::to_string(source.length));
  const std::vector<std::string> members = stored_members(source, target.policies);
  if (const std::size_t at = sql.find("{members}"); at != std::string::npos) {
    return sql.replace(at, 9, member_list(members));
  }
  if (const std::size_t at = sql.find("{member_array}"); at != std::string::npos) {
    return sql.replace(at, 14, "ARRAY[" + member_list(members) + "]::text[]");
  }
  return sql;
}

/// Policies that keep what the type can't hold in a wider type.
void widen(const Column& source, TargetColumn& target) {
  if (is_moment(source.type) && target.policies.zero_date == ZeroDate::text) {
    target.form = TargetForm::text;
  } else if (is_plain_text(source.type) && (target.policies.nul_byte == NulByte::bytea ||
                                            target.policies.invalid_text == InvalidText::bytea)) {
    target.form = TargetForm::bytea;
  } else {
    return;
  }
  target.type = name(target.form);
  target.check_sql.clear();
}

bool policy_makes_null(const Column& source, const Policies& policies) {
  return (is_moment(source.type) && policies.zero_date == ZeroDate::null) ||
         (source.type == ColumnType::enum_ && policies.invalid_enum == InvalidEnum::null);
}

class ColumnBuilder {
 public:
  ColumnBuilder(BuildContext& context, TableBuild table, const Column& source)
      : context_(context), table_(table), source_(source) {}

  /// False: the column can't be migrated, and a finding says why.
  bool build(TargetColumn& target, NameSet& names) {
    target.source_name = source_.name;
    target.name = names.add(column_name(source_.name), source_.name);
    if (target.name != source_.name) {
      report("identifier-renamed", Severity::degraded,
             "the column is named " + printable(target.name) + " on the target",
             "use the new name in the application's statements");
    }
    const ColumnChoice choice = context_.overrides.choose(table_.source.name, source_.name);
    target.policies = choice.policies;
    const TypeRule* rule = context_.map.find(source_, choice.type);
    if (rule == nullptr) {
      report_no_rule(choice);
      return false;
    }
    target.type = type_sql(*rule, source_);
    target.form = rule->form;
    target.check_sql = check_sql(*rule, source_, target);
    widen(source_, target);
    if (!rule->loss.empty()) {
      report("type-narrowed", Severity::info,
             source_.declared_type + " becomes " + target.type + ": " + rule->loss, "");
    }
    set_nullability(target);
    set_counter(target);
    set_default(target);
    report_members();
    report_features();
    return true;
  }

 private:
  void report(const char* code, Severity severity, std::string message, std::string fix,
              std::string text = {}) {
    context_.findings.add(code, severity, table_.object(source_.name), std::move(message),
                          std::move(fix), std::move(text));
  }

  void report_no_rule(const ColumnChoice& choice) {
    if (!choice.type) {
      report("type-unsupported", Severity::error,
             "the type map " + context_.map.name() + " has no rule for " + source_.declared_type,
             "add a rule to a map of your own, or exclude the table");
      return;
    }
    const std::vector<std::string> choices = context_.map.alternatives(source_);
    report("type-alternative-unknown", Severity::error,
           (choice.where.empty() ? "" : choice.where + ": ") + "the type map " +
               context_.map.name() + " has no alternative '" + *choice.type + "' for " +
               source_.declared_type,
           choices.empty() ? "leave `type` out: there is no alternative for this type"
                           : "choose one of: " + join(choices, ", "));
  }

  void set_nullability(TargetColumn& target) {
    target.not_null = !source_.nullable;
    if (!target.not_null || !policy_makes_null(source_, target.policies)) return;
    const mariadb::Index* primary = table_.source.primary_key();
    const bool in_key = primary != nullptr &&
                        std::any_of(primary->parts.begin(), primary->parts.end(),
                                    [&](const auto& part) { return part.column == source_.name; });
    if (in_key) {
      report("policy-null-in-key", Severity::error,
             "the policy turns values into NULL, but the column belongs to the primary key",
             "choose another policy for this column");
      return;
    }
    target.not_null = false;
    report("not-null-dropped", Severity::silent,
           "the column is NOT NULL on the source but takes NULL on the target, for the values that "
           "the policy turns into NULL",
           "choose another policy, or be ready to read NULL");
  }

  void set_counter(TargetColumn& target) {
    if (!source_.auto_increment) return;
    target.not_null = true;
    const std::string sequence = context_.relations.add(
        table_.target.name + "_" + target.name + "_seq", table_.object(source_.name));
    target.owned_sequence = sequence;
    switch (target.form) {
      case TargetForm::int2:
      case TargetForm::int4:
      case TargetForm::int8: target.identity = true; break;
      case TargetForm::numeric:
      case TargetForm::float4:
      case TargetForm::float8:
        target.default_sql = "nextval(" + quote_literal(quote_identifier(sequence)) + "::regclass)";
        break;
      default:
        report("identity-type", Severity::error,
               "AUTO_INCREMENT is not possible for the type " + target.type,
               "choose an integer type for this column");
    }
    const std::uint64_t next = table_.source.auto_increment.value_or(1);
    if (source_.is_unsigned && next > static_cast<std::uint64_t>(sequence_max(target))) {
      report("identity-overflow", Severity::error,
             "AUTO_INCREMENT stands at " + std::to_string(next) +
                 ", above the greatest value of a "
                 "sequence on the target, " +
                 std::to_string(sequence_max(target)),
             "give the table smaller numbers, or exclude it");
    }
    const mariadb::Index* primary = table_.source.primary_key();
    const bool leads = std::any_of(
        table_.source.indexes.begin(), table_.source.indexes.end(), [&](const auto& index) {
          return !index.parts.empty() && index.parts.front().column == source_.name;
        });
    if (!leads && primary != nullptr) {
      report("auto-increment-per-group", Severity::silent,
             "AUTO_INCREMENT counts within each value of the key's first columns; on the target "
             "one sequence serves the whole table",
             "number the groups in the application if the numbers mean something");
    }
  }

  void set_default(TargetColumn& target) {
    if (source_.auto_increment) return;
    const DefaultSql result = default_sql(source_, target);
    target.default_sql = result.sql;
    if (*result.code == '\0') return;
    report(result.code, Severity::degraded, result.message,
           "set the default on the target by hand, or give the value in every INSERT",
           *source_.default_text);
  }

  void report_members() {
    if (source_.type != ColumnType::enum_ && source_.type != ColumnType::set) return;
    if (source_.charset == "binary") {
      report("enum-binary", Severity::error,
             "the members are of CHARACTER SET binary: they are bytes, not text",
             "give the column a character set on the source");
    }
    report_masked_members();
  }

  void report_masked_members() {
    std::vector<std::string> members = source_.members;
    if (!may_mask_members(source_)) return;
    std::sort(members.begin(), members.end());
    // with a member '' values are read as numbers and named by these members
    const bool named = std::binary_search(members.begin(), members.end(), "");
    const bool ambiguous = std::adjacent_find(members.begin(), members.end()) != members.end();
    report("enum-unreadable", named || ambiguous ? Severity::error : Severity::degraded,
           "a '?' among the members may stand for a character that MariaDB's catalog can't show; "
           "the check on the target would refuse that member's rows",
           "rename the member on the source if it is one", source_.declared_type);
  }

  void report_features() {
    if (!source_.generation_expression.empty()) {
      report("generated-column", Severity::degraded,
             "the generated column is copied as a plain column: the target does not compute it",
             "add the computation on the target, or compute the value in the application",
             source_.generation_expression);
    }
    if (source_.on_update_now) {
      report("on-update-now", Severity::silent,
             "ON UPDATE CURRENT_TIMESTAMP has no equivalent: an UPDATE leaves the column as it is",
             "set the column in the application's UPDATE statements, or add a trigger");
    }
    if (source_.invisible) {
      report("invisible-column", Severity::info,
             "the INVISIBLE column is an ordinary one on the target: SELECT * shows it", "");
    }
  }

  BuildContext& context_;
  TableBuild table_;
  const Column& source_;
};

std::uint64_t member_bytes(const Column& source) {
  std::uint64_t total = 0;
  for (const std::string& member : source.members)
    total += member.size();
  return total;
}

}  // namespace

const TargetColumn* TableBuild::find(const std::string& source_name) const {
  const auto at = std::find_if(target.columns.begin(), target.columns.end(),
                               [&](const auto& c) { return c.source_name == source_name; });
  return at == target.columns.end() ? nullptr : &*at;
}

void build_columns(BuildContext& context, TableBuild table) {
  NameSet names;
  for (std::size_t i = 0; i < table.source.columns.size(); ++i) {
    TargetColumn target;
    target.source_index = i;
    if (ColumnBuilder(context, table, table.source.columns[i]).build(target, names)) {
      table.target.columns.push_back(std::move(target));
    }
  }
}

std::uint64_t target_bytes_max(const Column& source, const TargetColumn& target) {
  switch (target.form) {
    case TargetForm::text:
    case TargetForm::jsonb:
    case TargetForm::bytea: break;
    case TargetForm::text_array: return 24 + member_bytes(source) + 8 * source.members.size();
    case TargetForm::numeric:
      return static_cast<std::uint64_t>(source.precision > 0 ? source.precision / 2 + 8 : 18);
    case TargetForm::bit: return source.length / 8 + 5;
    case TargetForm::inet: return 19;
    default: return 0;
  }
  switch (source.type) {
    case ColumnType::char_:
    case ColumnType::varchar: return source.length * utf8_bytes_per_character(source.charset);
    case ColumnType::binary:
    case ColumnType::varbinary: return source.length;
    case ColumnType::enum_: {
      std::size_t longest = 0;
      for (const std::string& member : source.members)
        longest = std::max(longest, member.size());
      return longest;
    }
    case ColumnType::set: return member_bytes(source) + source.members.size();
    case ColumnType::date:
    case ColumnType::datetime:
    case ColumnType::timestamp:
    case ColumnType::time: return 26;
    default:  // TEXT, BLOB, JSON, geometry: what MariaDB takes, in wider characters at worst
      return source.octet_length == 0 ? kUnlimitedBytes
                                      : std::min(source.octet_length * 3, kUnlimitedBytes);
  }
}

}  // namespace godwit::schema
