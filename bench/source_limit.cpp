// What MariaDB must spend to hand out a database's rows by the binary protocol, whoever asks:
// reads every table with prepared statements, unbuffered, and throws the rows away. Uses
// Connector/C alone, nothing of Godwit. Prints rows and wall seconds; the caller measures the
// server's CPU time.
//   source_limit SOCKET USER DATABASE THREADS   (password in GODWIT_SOURCE_PASSWORD)
#include <mysql.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Close {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Connection = std::unique_ptr<MYSQL, Close>;

Connection connect(char** argv) {
  Connection connection(mysql_init(nullptr));
  mysql_options(connection.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(connection.get(), nullptr, argv[2], std::getenv("GODWIT_SOURCE_PASSWORD"),
                         argv[3], 0, argv[1], 0) == nullptr) {
    throw std::runtime_error(mysql_error(connection.get()));
  }
  // no conversion on the server: the cheapest way to hand out text
  if (mysql_query(connection.get(), "SET character_set_results = NULL") != 0) {
    throw std::runtime_error(mysql_error(connection.get()));
  }
  return connection;
}

std::vector<std::string> tables(MYSQL* connection) {
  if (mysql_query(connection,
                  "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
                  " AND table_type = 'BASE TABLE' ORDER BY data_length DESC") != 0) {
    throw std::runtime_error(mysql_error(connection));
  }
  const std::unique_ptr<MYSQL_RES, Close> result(mysql_store_result(connection));
  std::vector<std::string> names;
  while (MYSQL_ROW row = mysql_fetch_row(result.get()))
    names.emplace_back(row[0]);
  return names;
}

unsigned long long read_table(MYSQL* connection, const std::string& table) {
  const std::unique_ptr<MYSQL_STMT, Close> statement(mysql_stmt_init(connection));
  const std::string sql = "SELECT * FROM `" + table + "`";
  if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0 ||
      mysql_stmt_execute(statement.get()) != 0) {
    throw std::runtime_error(mysql_stmt_error(statement.get()));
  }
  unsigned long long rows = 0;
  int status = 0;
  while ((status = mysql_stmt_fetch(statement.get())) == 0 || status == MYSQL_DATA_TRUNCATED) {
    ++rows;
  }
  if (status != MYSQL_NO_DATA) throw std::runtime_error(mysql_stmt_error(statement.get()));
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: source_limit SOCKET USER DATABASE THREADS\n", stderr);
    return 2;
  }
  try {
    const auto start = std::chrono::steady_clock::now();
    const std::vector<std::string> names = tables(connect(argv).get());
    std::atomic<std::size_t> next{0};
    std::atomic<unsigned long long> rows{0};
    {
      std::vector<std::jthread> threads;
      const std::size_t count = std::stoul(argv[4]);
      threads.reserve(count);
      for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&] {
          try {
            const Connection connection = connect(argv);
            for (std::size_t t = next++; t < names.size(); t = next++) {
              rows += read_table(connection.get(), names[t]);
            }
          } catch (const std::exception& error) {
            std::fprintf(stderr, "source_limit: %s\n", error.what());
            std::_Exit(1);
          }
        });
      }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%llu %.3f\n", rows.load(), seconds.count());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "source_limit: %s\n", error.what());
    return 1;
  }
  return 0;
}
