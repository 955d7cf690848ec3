// When changes become visible on the target, for scripts/bench apply. Uses libpq alone.
//
//   apply_lag wait SUBJECT SECONDS URI…
//     Until each database has a note with this subject; ends with 1 after SECONDS.
//   apply_lag watch SECONDS URI
//     Looks every 2 ms for new notes whose subject is the time at which they were sent (see
//     apply_load pace), and prints "count p50 p99 max" of how old they were, in milliseconds.
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWatchEvery{2};
constexpr std::chrono::milliseconds kWaitEvery{10};

struct Close {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Close>;
using Result = std::unique_ptr<PGresult, Close>;

Connection connect(const char* uri) {
  Connection connection(PQconnectdb(uri));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return connection;
}

void prepare(PGconn* connection, const char* sql) {
  const Result result(PQprepare(connection, "look", sql, 0, nullptr));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    throw std::runtime_error(PQerrorMessage(connection));
  }
}

Result look(PGconn* connection, const std::string& argument) {
  const char* value = argument.c_str();
  Result result(PQexecPrepared(connection, "look", 1, &value, nullptr, nullptr, 0));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection));
  }
  return result;
}

bool wait(const std::string& subject, std::chrono::seconds limit, char** uris, int count) {
  const Clock::time_point end = Clock::now() + limit;
  std::vector<Connection> connections;
  for (int i = 0; i < count; ++i) {
    connections.push_back(connect(uris[i]));
    // the newest rows: the mark is the last one of its load
    prepare(connections.back().get(),
            "SELECT 1 FROM (SELECT subject FROM notes ORDER BY id DESC LIMIT 50) AS newest"
            " WHERE subject = $1");
    (void)look(connections.back().get(), subject);
  }
  std::puts("connected");
  std::fflush(stdout);
  for (const Connection& connection : connections) {
    while (PQntuples(look(connection.get(), subject).get()) == 0) {
      if (Clock::now() > end) return false;
      std::this_thread::sleep_for(kWaitEvery);
    }
  }
  return true;
}

/// The value below which so many percent are, of sorted ones.
double percentile(const std::vector<double>& sorted, std::size_t percent) {
  return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

void watch(std::chrono::seconds limit, const char* uri) {
  const Connection connection = connect(uri);
  prepare(connection.get(),
          "SELECT id, subject FROM notes WHERE id > $1::numeric AND body = 'paced' ORDER BY id");
  std::string last = "0";
  {
    const Result newest(PQexec(connection.get(), "SELECT coalesce(max(id), 0) FROM notes"));
    if (PQresultStatus(newest.get()) != PGRES_TUPLES_OK) {
      throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    last = PQgetvalue(newest.get(), 0, 0);
  }
  std::vector<double> ages;  // ms
  const Clock::time_point end = Clock::now() + limit;
  while (Clock::now() < end) {
    const Result rows = look(connection.get(), last);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    for (int row = 0; row < PQntuples(rows.get()); ++row) {
      last = PQgetvalue(rows.get(), row, 0);
      const auto sent =
          std::chrono::nanoseconds(std::strtoll(PQgetvalue(rows.get(), row, 1), nullptr, 10));
      ages.push_back(std::chrono::duration<double, std::milli>(now - sent).count());
    }
    std::this_thread::sleep_for(kWatchEvery);
  }
  if (ages.empty()) throw std::runtime_error("nothing has arrived");
  std::sort(ages.begin(), ages.end());
  std::printf("%zu %.2f %.2f %.2f\n", ages.size(), percentile(ages, 50), percentile(ages, 99),
              ages.back());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  try {
    if (what == "wait" && argc > 4) {
      return wait(argv[2], std::chrono::seconds(std::strtol(argv[3], nullptr, 10)), argv + 4,
                  argc - 4)
                 ? 0
                 : 1;
    }
    if (what == "watch" && argc == 4) {
      watch(std::chrono::seconds(std::strtol(argv[2], nullptr, 10)), argv[3]);
      return 0;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "apply_lag: %s\n", error.what());
    return 1;
  }
  std::fputs("usage: apply_lag wait SUBJECT SECONDS URI…\n       apply_lag watch SECONDS URI\n",
             stderr);
  return 2;
}
