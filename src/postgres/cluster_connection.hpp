// The libpqxx connection of a Cluster and how its exceptions become ours.
#pragma once

#include <memory>
#include <string>

#include <pqxx/pqxx>

#include "godwit/postgres/cluster.hpp"
#include "server_error.hpp"

namespace godwit::postgres {

struct Cluster::Impl {
  explicit Impl(const std::string& uri);

  /// Runs `work` in a transaction-less session. libpqxx's and the server's failures leave as
  /// Error.
  template <class Work>
  auto run(Work&& work) {
    try {
      pqxx::nontransaction session(*connection_);
      return work(session);
    } catch (const pqxx::sql_error& error) {
      throw server_error(error.sqlstate(), first_line(error.what()));
    } catch (const pqxx::failure& error) {  // broken, rolled back, in doubt
      throw Error(ErrorKind::target, first_line(error.what()), {}, /*retryable=*/true);
    }
  }

 private:
  static std::string first_line(std::string_view text);

  std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace godwit::postgres
