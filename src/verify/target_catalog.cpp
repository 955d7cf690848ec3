#include "target_catalog.hpp"

#include <charconv>

namespace godwit::verify {

namespace {

// 100 is the database's own collation, 950 "C", 951 "POSIX", 0 a type without collations.
constexpr const char* kTablesSql = R"sql(
SELECT n.nspname, n.nspname = pg_catalog.current_schema(), c.relname, a.attname, a.atttypid, t.typcategory,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attcollation IN (0, 950, 951) OR a.attcollation = 100 AND EXISTS (
         SELECT FROM pg_catalog.pg_database d
          WHERE d.datname = pg_catalog.current_database() AND d.datlocprovider = 'c'
            AND d.datcollate IN ('C', 'POSIX'))
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
   AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'godwit')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND e.objid = c.oid AND e.deptype = 'e')
)sql";
constexpr const char* kOwnTables = " AND n.nspname = pg_catalog.current_schema()";
constexpr const char* kOrder = " ORDER BY n.nspname, c.relname, a.attnum";

std::uint32_t parse_oid(const std::string& text) {
  std::uint32_t oid = 0;
  std::from_chars(text.data(), text.data() + text.size(), oid);
  return oid;
}

}  // namespace

TargetCatalog read_target_catalog(postgres::Session& target, bool whole_database) {
  const std::string sql = std::string(kTablesSql) + (whole_database ? "" : kOwnTables) + kOrder;
  TargetCatalog catalog;
  std::string last_other;
  for (const postgres::Row& row : target.query(sql)) {
    const std::string& table = row[2].value();
    if (row[1] != "t") {
      const std::string other = *row[0] + "." + table;
      if (other != last_other) catalog.others.push_back(other);
      last_other = other;
      continue;
    }
    std::vector<CatalogColumn>& columns = catalog.tables[table];
    if (!row[3]) continue;  // a table without columns
    columns.push_back(
        {*row[3], parse_oid(row[4].value()), row[5].value().at(0), row[6].value(), row[7] == "t"});
  }
  return catalog;
}

}  // namespace godwit::verify
