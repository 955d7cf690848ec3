#include "source_readers.hpp"
#include "temporal.hpp"

namespace godwit::verify {

using schema::TargetForm;
using schema::ZeroDate;

namespace {

void set_zero_date(const SourceColumn& column, Scratch& scratch, Cell& cell, std::string_view raw) {
  switch (column.policies.zero_date) {
    case ZeroDate::null: return set_null(cell);
    case ZeroDate::minus_infinity: return set_minus_infinity(cell, scratch);
    case ZeroDate::refuse:
    case ZeroDate::text: return set_flaw(cell, "zero or partial date", raw);
  }
}

}  // namespace

void read_datetime(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  const std::optional<DateTime> value = source_datetime(values[0].bytes());
  if (!value) return set_flaw(cell, "not a date", text_of(values[0]));
  if (column.form == TargetForm::text) {
    scratch.bytes =
        column.fraction < 0 ? date_text(*value) : datetime_text(*value, column.fraction);
    return set_view(cell, scratch.bytes);
  }
  if (value->zero_or_partial() || !value->exists()) {
    scratch.bytes = datetime_text(*value, 6);
    if (value->zero_or_partial()) return set_zero_date(column, scratch, cell, scratch.bytes);
    return set_flaw(cell, "no such day", scratch.bytes);
  }
  set_datetime(cell, scratch, *value);
}

void read_time(const SourceColumn& column, SourceValues values, Scratch& scratch, Cell& cell) {
  if (values[0].is_null()) return set_null(cell);
  const std::optional<std::int64_t> micros = source_time(values[0].bytes());
  if (!micros) return set_flaw(cell, "not a time", text_of(values[0]));
  if (column.form == TargetForm::text) {
    scratch.bytes = duration_text(*micros, column.fraction);
    return set_view(cell, scratch.bytes);
  }
  set_duration(cell, scratch, *micros);
}

}  // namespace godwit::verify
