#include <array>

#include "godwit/schema/type_map.hpp"

namespace godwit::schema {

namespace {

constexpr std::array<std::string_view, 4> kZeroDate = {"refuse", "null", "minus_infinity", "text"};
constexpr std::array<std::string_view, 3> kNulByte = {"refuse", "bytea", "symbol"};
constexpr std::array<std::string_view, 3> kInvalidText = {"refuse", "bytea", "replacement"};
constexpr std::array<std::string_view, 3> kInvalidEnum = {"refuse", "empty", "null"};

constexpr std::array<std::string_view, 19> kForms = {
    "int2",  "int4",       "int8",      "numeric",     "float4", "float8",   "boolean",
    "bit",   "date",       "timestamp", "timestamptz", "time",   "interval", "text",
    "jsonb", "text_array", "bytea",     "uuid",        "inet"};
static_assert(kForms.size() == static_cast<std::size_t>(TargetForm::inet) + 1);

}  // namespace

std::string_view name(TargetForm form) { return kForms[static_cast<std::size_t>(form)]; }
std::string_view name(ZeroDate policy) { return kZeroDate[static_cast<std::size_t>(policy)]; }
std::string_view name(NulByte policy) { return kNulByte[static_cast<std::size_t>(policy)]; }
std::string_view name(InvalidText policy) { return kInvalidText[static_cast<std::size_t>(policy)]; }
std::string_view name(InvalidEnum policy) { return kInvalidEnum[static_cast<std::size_t>(policy)]; }

std::span<const std::string_view> zero_date_words() { return kZeroDate; }
std::span<const std::string_view> nul_byte_words() { return kNulByte; }
std::span<const std::string_view> invalid_text_words() { return kInvalidText; }
std::span<const std::string_view> invalid_enum_words() { return kInvalidEnum; }

}  // namespace godwit::schema
