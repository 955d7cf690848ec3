// How a target column takes part in the comparison: PostgreSQL's binary forms become cells.
// Formats: the types' send functions of PostgreSQL 15 (src/backend/utils/adt/*.c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cell.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::verify {

/// Reads a field that isn't NULL.
using ReadTarget = void (*)(std::span<const std::byte> field, Scratch& scratch, Cell& cell);

ReadTarget target_reader(schema::TargetForm form);

/// Whether a column of the type with this oid (pg_type) sends the form's bytes; `category` is
/// pg_type.typcategory, for enum types ('E').
bool sends_form(std::uint32_t type_oid, char category, schema::TargetForm form);

}  // namespace godwit::verify
