#include "target_catalog.hpp"

#include <charconv>

namespace godwit::verify {

namespace {

// 100 is the database's own collation, 950 "C", 951 "POSIX", 0 a type without collations.
constexpr const char* kTablesSql = R"sql(
SELECT n.nspname, c.relname, a.attname, a.atttypid, t.typcategory,
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
 ORDER BY n.nspname, c.relname, a.attnum)sql";

std::uint32_t parse_oid(const std::string& text) {
  std::uint32_t oid = 0;
  std::from_chars(text.data(), text.data() + text.size(), oid);
  return oid;
}

}  // namespace

TargetCatalog read_target_catalog(postgres::Session& target) {
  TargetCatalog catalog;
  std::string last_other;
  for (const postgres::Row& row : target.query(kTablesSql)) {
    const std::string& table = row[1].value();
    if (row[0] != "public") {
      const std::string other = *row[0] + "." + table;
      if (other != last_other) catalog.others.push_back(other);
      last_other = other;
      continue;
    }
    std::vector<CatalogColumn>& columns = catalog.tables[table];
    if (!row[2]) continue;  // a table without columns
    columns.push_back(
        {*row[2], parse_oid(row[3].value()), row[4].value().at(0), row[5].value(), row[6] == "t"});
  }
  return catalog;
}

}  // namespace godwit::verify
