#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "godwit/mariadb/catalog.hpp"
#include "hash_text.hpp"

namespace godwit::mariadb {

namespace {

constexpr int kSettledSeconds = 2;

/// The text without " AUTO_INCREMENT=42", which is among the options behind the closing bracket.
std::string without_counter(std::string text) {
  const std::size_t options = text.rfind("\n) ENGINE=");
  const std::string_view word = " AUTO_INCREMENT=";
  const std::size_t start =
      options == std::string::npos ? std::string::npos : text.find(word, options);
  // A comment could hold the same words; it comes later, behind a quote.
  if (start == std::string::npos || text.find('\'', options) < start) return text;
  const std::size_t end = text.find_first_not_of("0123456789", start + word.size());
  return text.erase(start, end == std::string::npos ? end : end - start);
}

struct StateFree {
  void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
};

DdlDigest digest_at(Connection& connection, const std::string& database, std::string taken_at,
                    const TableFilter& filter) {
  struct Listed {
    std::string created;
    bool readable = false;
    bool settled = false;
  };
  // The time of creation of an InnoDB table is that at which its definition's file was last
  // written or renamed: every DDL gives it a new one. It is of whole seconds, so what was defined
  // just before a digest could be defined anew within the same second: such tables, those of other
  // engines and of systems whose files know no such time are digested with their text.
  std::map<std::string, Listed> tables;
  for (Row& row : connection.query(
           "SELECT table_name,create_time,engine,engine='InnoDB' AND "
           "LOWER(@@version_compile_os) LIKE '%linux%' AND create_options NOT LIKE '%partitioned%' "
           "AND create_time<" +
           quote_literal(taken_at) + "-INTERVAL " + std::to_string(kSettledSeconds) +
           " SECOND FROM information_schema.tables WHERE table_schema=" + quote_literal(database) +
           " AND table_type NOT IN ('VIEW','SYSTEM VIEW')")) {
    if (filter && !filter(row.at(0).value())) continue;
    tables[row.at(0).value()] = {row.at(1).value_or(""), row.at(2).has_value(),
                                 row.at(3).value_or("0") == "1"};
  }
  const std::string quoted = quote_identifier(database);
  const std::unique_ptr<XXH3_state_t, StateFree> state(XXH3_createState());
  XXH3_128bits_reset(state.get());
  const auto add = [&](std::string_view text) {
    XXH3_128bits_update(state.get(), text.data(), text.size());
    XXH3_128bits_update(state.get(), "", 1);  // a NUL ends each text
  };
  for (const auto& [table, listed] : tables) {
    add(table);
    add(listed.created);
    // what can't be opened has no text to ask for; a plan may exclude it
    if (!listed.readable || listed.settled) continue;
    const Rows rows =
        connection.query_listed("SHOW CREATE TABLE " + quoted + "." + quote_identifier(table));
    add(without_counter(rows.at(0).at(1).value_or("")));
  }
  return {hash_text(XXH3_128bits_digest(state.get())), std::move(taken_at)};
}

}  // namespace

DdlDigest ddl_digest(Connection& connection, const std::string& database,
                     const TableFilter& filter) {
  return digest_at(connection, database, connection.scalar("SELECT NOW()").value(), filter);
}

bool is_unchanged(Connection& connection, const std::string& database, const DdlDigest& before,
                  const TableFilter& filter) {
  return digest_at(connection, database, before.taken_at, filter).hash == before.hash;
}

}  // namespace godwit::mariadb
