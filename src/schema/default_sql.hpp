// A column's DEFAULT on the target.
#pragma once

#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::schema {

struct DefaultSql {
  std::string sql;  // empty: no default
  /// Why the source's default has no equivalent; empty code: it has, or there is none.
  const char* code = "";
  std::string message;
};

/// `target` has its type, form and policies.
DefaultSql default_sql(const mariadb::Column& source, const TargetColumn& target);

enum class DateKind { valid, zero, invalid };
/// '0000-00-00', dates of year 0 or with a zero month or day are `zero`; 2023-02-31 is `invalid`.
DateKind classify_date(std::string_view text);

}  // namespace godwit::schema
