#include "account.hpp"

#include <vector>

namespace godwit::mariadb {

std::string current_account(Connection& connection) {
  const std::string account = connection.scalar("SELECT CURRENT_USER()").value_or("@");
  const std::size_t at = account.rfind('@');
  const std::string user = account.substr(0, at);
  // An anonymous account has an empty name, which is no identifier elsewhere.
  return (user.empty() ? "``" : quote_identifier(user)) + "@" +
         quote_identifier(account.substr(at + 1));
}

Grants read_grants(Connection& connection, bool fold_case) {
  std::vector<std::string> lines;
  // Without FOR it also lists the active role and the roles within.
  for (Row& row : connection.query("SHOW GRANTS"))
    lines.push_back(row.at(0).value_or(""));
  return Grants::parse(lines, fold_case);
}

}  // namespace godwit::mariadb
