// Any bytes as a value of any column, of a result row and of a row image: a codec writes one whole
// COPY field or refuses the value, and never reads beyond the value's end.
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/schema/codec.hpp"
#include "support/binlog_wire.hpp"

namespace {

using namespace godwit;

constexpr int kSourceTypes = static_cast<int>(mariadb::ColumnType::geometry) + 1;
constexpr int kTargetForms = static_cast<int>(schema::TargetForm::inet) + 1;

/// Takes the column's properties from the front of the input.
class Choices {
 public:
  explicit Choices(std::span<const std::byte> input) : input_(input) {}

  int below(int count) {
    if (input_.empty()) return 0;
    const int value = std::to_integer<int>(input_.front()) % count;
    input_ = input_.subspan(1);
    return value;
  }
  [[nodiscard]] std::span<const std::byte> rest() const { return input_; }

 private:
  std::span<const std::byte> input_;
};

mariadb::Column choose_column(Choices& choices) {
  mariadb::Column column;
  column.name = "c";
  column.type = static_cast<mariadb::ColumnType>(choices.below(kSourceTypes));
  column.declared_type = std::string(mariadb::name(column.type));
  column.is_unsigned = choices.below(2) == 1;
  column.length = static_cast<std::uint64_t>(1 + choices.below(64));
  column.octet_length = column.length * 4;
  column.precision = 65;
  column.scale = choices.below(39);
  column.fraction = choices.below(7);
  const int members = 1 + choices.below(64);
  for (int i = 0; i < members; ++i)
    column.members.push_back(i == 3 ? "" : "m\"," + std::to_string(i));
  return column;
}

schema::Policies choose_policies(Choices& choices) {
  schema::Policies policies;
  policies.zero_date = static_cast<schema::ZeroDate>(choices.below(4));
  policies.nul_byte = static_cast<schema::NulByte>(choices.below(3));
  policies.invalid_text = static_cast<schema::InvalidText>(choices.below(3));
  policies.invalid_enum = static_cast<schema::InvalidEnum>(choices.below(3));
  return policies;
}

mariadb::CharsetPtr choose_charset(Choices& choices) {
  using enum mariadb::CharsetForm;
  constexpr mariadb::CharsetForm kForms[] = {utf8, binary, utf16be, utf16le, ucs2, utf32};
  return std::make_shared<mariadb::Charset>("chosen", kForms[choices.below(6)]);
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

std::uint32_t length_of(std::span<const std::byte> field) {
  require(field.size() >= 4, "no length");
  std::uint32_t length = 0;
  std::memcpy(&length, field.data(), sizeof length);
  return __builtin_bswap32(length);
}

bool is_null(std::span<const std::byte> field) { return length_of(field) == 0xFFFFFFFFU; }

void check_field(std::span<const std::byte> field) {
  require(field.size() - 4 == (is_null(field) ? 0 : length_of(field)),
          "the length is not the field's");
}

/// Encodes and shows a value, and NULL.
void check_codec(const schema::ColumnCodec& codec, mariadb::RawValue value) {
  schema::CopyBuffer buffer(16);
  schema::PolicyCounts counts{};
  try {
    codec.encode(codec, value, buffer, counts);
    check_field(buffer.bytes());
  } catch (const schema::ValueRefused&) {
    counts = {};
  }
  (void)schema::display(codec, value);

  schema::CopyBuffer null_buffer(16);
  codec.encode(codec, {}, null_buffer, counts);
  require(null_buffer.bytes().size() == 4 && is_null(null_buffer.bytes()), "NULL became a value");
}

/// The formats in which the server logs the column: today's, and of dates and times the older one.
std::vector<schema::BinlogColumn> wires_of(const mariadb::Column& column) {
  using enum mariadb::ColumnType;
  std::vector<schema::BinlogColumn> wires{test::logged_as(column)};
  if (column.type == timestamp) wires.push_back({7, 0});
  if (column.type == time) wires.push_back({11, 0});
  if (column.type == datetime) wires.push_back({12, 0});
  return wires;
}

/// A TABLE_MAP that names any type: a codec or an error.
void check_any_wire(const mariadb::Column& column, schema::TargetForm form,
                    mariadb::RawValue value) {
  if (value.size < 3) return;
  const schema::BinlogColumn wire{
      std::to_integer<std::uint8_t>(value.data[0]),
      static_cast<std::uint16_t>(std::to_integer<unsigned>(value.data[1]) << 8U |
                                 std::to_integer<unsigned>(value.data[2]))};
  try {
    check_codec(schema::make_binlog_codec(column, wire, form, {}, nullptr), value);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::source, "not the kind of an event that doesn't fit");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Choices choices(std::as_bytes(std::span(data, size)));
  const mariadb::Column column = choose_column(choices);
  const auto form = static_cast<schema::TargetForm>(choices.below(kTargetForms));
  const schema::Policies policies = choose_policies(choices);
  const mariadb::CharsetPtr charset = choose_charset(choices);
  if (!schema::has_codec(column, form)) return 0;

  // an allocation that ends where the value ends, so that AddressSanitizer sees a read beyond
  const std::span<const std::byte> wire = choices.rest();
  const auto exact = std::make_unique<std::byte[]>(wire.size());
  if (!wire.empty()) std::memcpy(exact.get(), wire.data(), wire.size());
  const mariadb::RawValue value{exact.get(), wire.size()};

  check_codec(schema::make_codec(column, form, policies, charset), value);
  for (const schema::BinlogColumn& logged : wires_of(column)) {
    check_codec(schema::make_binlog_codec(column, logged, form, policies, charset), value);
  }
  check_any_wire(column, form, value);
  return 0;
}
