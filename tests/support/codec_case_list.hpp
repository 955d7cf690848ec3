// Every type's edge values, written by hand with what must arrive. The same list is copied from a
// snapshot and read from the binlog.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "godwit/schema/codec.hpp"

namespace godwit::test {

struct CodecCase {
  std::string type;      // of the column, in MariaDB's SQL
  std::string value;     // an expression to insert; the session allows invalid dates
  std::string expected;  // what `show` gives, NULL for NULL, or "refused: " and the refusal
  std::string show = "v::text";
  schema::ColumnOverride plan = {};             // what the plan says about the column
  std::optional<schema::Refusal> counted = {};  // by the policy
};

/// Apart: other lists of cases have such names, too.
namespace codec_cases {

std::vector<CodecCase> integer_cases();
std::vector<CodecCase> decimal_cases();
std::vector<CodecCase> float_cases();
std::vector<CodecCase> bit_cases();
std::vector<CodecCase> moment_cases();
std::vector<CodecCase> invalid_date_cases();
std::vector<CodecCase> text_cases();
std::vector<CodecCase> invalid_text_cases();
std::vector<CodecCase> bytes_cases();
std::vector<CodecCase> member_cases();
std::vector<CodecCase> json_cases();
std::vector<CodecCase> address_cases();
std::vector<CodecCase> geometry_cases();

}  // namespace codec_cases

/// All of these.
std::vector<CodecCase> all_codec_cases();

inline schema::ColumnOverride as_type(const std::string& type) {
  schema::ColumnOverride plan;
  plan.type = type;
  return plan;
}
inline schema::ColumnOverride with(schema::ZeroDate policy) {
  schema::ColumnOverride plan;
  plan.zero_date = policy;
  return plan;
}
inline schema::ColumnOverride with(schema::NulByte policy) {
  schema::ColumnOverride plan;
  plan.nul_byte = policy;
  return plan;
}
inline schema::ColumnOverride with(schema::InvalidText policy) {
  schema::ColumnOverride plan;
  plan.invalid_text = policy;
  return plan;
}
inline schema::ColumnOverride with(schema::InvalidEnum policy) {
  schema::ColumnOverride plan;
  plan.invalid_enum = policy;
  return plan;
}

}  // namespace godwit::test
