#include <functional>
#include <thread>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"
#include "support/servers.hpp"

using namespace godwit;
using Catch::Contains;
using postgres::CopyIn;
using postgres::CopyOut;
using postgres::Session;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw;
}

Session open() { return {test::servers().target_uri, {}}; }

}  // namespace

TEST_CASE("a session has the settings that exactness needs", "[postgres_session]") {
  postgres::SessionOptions options;
  options.application_name = "godwit/acme";
  options.settings = {{"synchronous_commit", "off"}, {"work_mem", "5MB"}};
  Session session(test::servers().target_uri, options);
  const auto setting = [&](const std::string& name) {
    return session.scalar("SELECT current_setting('" + name + "')").value();
  };
  CHECK(setting("search_path") == "pg_catalog");
  CHECK(setting("TimeZone") == "UTC");
  CHECK(setting("DateStyle") == "ISO, YMD");
  CHECK(setting("bytea_output") == "hex");
  CHECK(setting("client_encoding") == "UTF8");
  CHECK(setting("lock_timeout") == "10s");
  CHECK(setting("statement_timeout") == "0");
  CHECK(setting("synchronous_commit") == "off");
  CHECK(setting("work_mem") == "5MB");
  CHECK(setting("application_name") == "godwit/acme");
  CHECK(session.server_version() >= 150000);
}

TEST_CASE("a query gives text and NULLs", "[postgres_session]") {
  Session session = open();
  const auto rows = session.query("SELECT 1, NULL, '' UNION ALL SELECT 2, 'x', 'y' ORDER BY 1");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0][0] == "1");
  CHECK(rows[0][1] == std::nullopt);
  CHECK(rows[0][2] == "");
  CHECK(rows[1][1] == "x");
  CHECK(session.scalar("SELECT 1 WHERE false") == std::nullopt);
  CHECK(session.scalar("SELECT NULL") == std::nullopt);
  CHECK(session.scalar("SELECT U&'\\20AC'") == "\xe2\x82\xac");
}

TEST_CASE("a server's error keeps its text and SQLSTATE", "[postgres_session]") {
  Session session = open();
  const Error missing = error_of([&] { session.execute("SELECT * FROM nowhere"); });
  CHECK(missing.kind() == ErrorKind::target);
  CHECK_FALSE(missing.retryable());
  CHECK_THAT(missing.what(), Contains("nowhere") && Contains("42P01"));

  session.execute("CREATE TEMP TABLE k (id int PRIMARY KEY, secret text CHECK (secret <> 'bad'))");
  session.execute("INSERT INTO pg_temp.k VALUES (1, 'hidden')");
  const Error twice = error_of([&] { session.execute("INSERT INTO pg_temp.k VALUES (1, 'x')"); });
  CHECK(twice.kind() == ErrorKind::rejected);
  CHECK_THAT(twice.what(), Contains("(id)=(1)") && Contains("23505"));

  const Error check = error_of([&] { session.execute("INSERT INTO pg_temp.k VALUES (2, 'bad')"); });
  CHECK(check.kind() == ErrorKind::rejected);
  CHECK_THAT(check.what(), Contains("23514") && !Contains("Failing row"));

  const Error right = error_of([&] { session.execute("CREATE TABLE pg_catalog.x ()"); });
  CHECK(right.kind() == ErrorKind::preflight);
  CHECK(session.scalar("SELECT 1") == "1");
}

TEST_CASE("a refused login is not tried again", "[postgres_session]") {
  const std::string uri = test::servers().target_uri;
  postgres::SessionOptions options;
  options.database = "gw_no_such_database";
  const Error database = error_of([&] { Session(uri, options); });
  CHECK(database.kind() == ErrorKind::target);
  CHECK_FALSE(database.retryable());
  CHECK_THAT(database.what(), Contains("gw_no_such_database") && Contains("3D000"));
  CHECK_FALSE(database.hint().empty());

  const Error password = error_of([&] { Session(uri + "&password=hunter2", {}); });
  CHECK(password.kind() == ErrorKind::target);
  CHECK_FALSE(password.retryable());
  CHECK_THAT(password.what(), Contains("28P01") && !Contains("hunter2"));

  const Error host = error_of([&] { Session("postgresql://u@/x?host=/nowhere", {}); });
  CHECK(host.kind() == ErrorKind::target);
  CHECK(host.retryable());
  CHECK_THAT(host.what(), Contains("/nowhere"));
}

TEST_CASE("a lost connection is retryable", "[postgres_session]") {
  Session session = open();
  const std::string pid = session.scalar("SELECT pg_backend_pid()").value();
  open().execute("SELECT pg_terminate_backend(" + pid + ")");
  const Error lost = error_of([&] { session.execute("SELECT 1"); });
  CHECK(lost.kind() == ErrorKind::target);
  CHECK(lost.retryable());
}

TEST_CASE("a statement is cancelled from another thread", "[postgres_session]") {
  Session session = open();
  Error error(ErrorKind::internal, "");
  std::thread sleeper([&] { error = error_of([&] { session.execute("SELECT pg_sleep(60)"); }); });
  Session watcher = open();
  while (watcher.scalar("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sl%' "
                        "AND state = 'active'") == "0") {
    std::this_thread::yield();
  }
  session.cancel();
  sleeper.join();
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(session.scalar("SELECT 1") == "1");
}

TEST_CASE("COPY in takes blocks of every size", "[postgres_session]") {
  const test::TargetDatabase database;
  Session session = database.connect();
  session.execute("CREATE TABLE public.t (id int, text text)");
  std::string block;
  constexpr int kRows = 50'000;
  for (int i = 0; i < kRows; ++i)
    block += std::to_string(i) + "\tsome text of a row\n";
  const std::size_t step = GENERATE(as<std::size_t>(), 100, 65'536, 300'000, 10'000'000);
  CopyIn copy(session, "COPY public.t FROM STDIN");
  for (std::size_t at = 0; at < block.size(); at += step) {
    copy.put(bytes_of(block).subspan(at, std::min(step, block.size() - at)));
  }
  copy.put({});
  CHECK(copy.finish() == kRows);
  CHECK(session.scalar("SELECT count(*) || ' ' || sum(id) FROM public.t") == "50000 1249975000");
}

TEST_CASE("a COPY that is left leaves nothing and a usable session", "[postgres_session]") {
  const test::TargetDatabase database;
  Session session = database.connect();
  session.execute("CREATE TABLE public.t (id int)");
  {
    CopyIn copy(session, "COPY public.t FROM STDIN");
    copy.put(bytes_of("1\n2\n"));
  }
  CHECK(session.scalar("SELECT count(*) FROM public.t") == "0");
  session.execute("INSERT INTO public.t SELECT generate_series(1, 200000)");
  {
    CopyOut copy(session, "COPY public.t TO STDOUT");
    REQUIRE(copy.next().has_value());
  }
  CHECK(session.scalar("SELECT count(*) FROM public.t") == "200000");
}

TEST_CASE("a COPY that fails tells the row and the column", "[postgres_session]") {
  const test::TargetDatabase database;
  Session session = database.connect();
  session.execute("CREATE TABLE public.t (id int PRIMARY KEY)");
  CopyIn copy(session, "COPY public.t FROM STDIN");
  copy.put(bytes_of("1\nx\n"));
  const Error error = error_of([&] { copy.finish(); });
  CHECK(error.kind() == ErrorKind::rejected);
  CHECK_THAT(error.what(), Contains("22P02") && Contains("COPY t, line 2"));
  CHECK(session.scalar("SELECT count(*) FROM public.t") == "0");

  const Error missing = error_of([&] { CopyIn(session, "COPY public.none FROM STDIN"); });
  CHECK_THAT(missing.what(), Contains("42P01"));
  const Error wrong = error_of([&] { CopyIn(session, "COPY public.t TO STDOUT"); });
  CHECK(wrong.kind() == ErrorKind::internal);
  const Error plain = error_of([&] { session.execute("COPY public.t FROM STDIN"); });
  CHECK(plain.kind() == ErrorKind::internal);
  CHECK(session.scalar("SELECT 1") == "1");
}

TEST_CASE("a COPY whose server goes is a lost connection", "[postgres_session]") {
  const test::TargetDatabase database;
  Session session = database.connect();
  session.execute("CREATE TABLE public.t (id text)");
  const std::string pid = session.scalar("SELECT pg_backend_pid()").value();
  CopyIn copy(session, "COPY public.t FROM STDIN");
  open().execute("SELECT pg_terminate_backend(" + pid + ")");
  const std::string block(1'000'000, 'x');
  const Error error = error_of([&] {
    for (int i = 0; i < 1000; ++i)
      copy.put(bytes_of(block));
    copy.finish();
  });
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.retryable());
}

TEST_CASE("COPY out gives every row once", "[postgres_session]") {
  Session session = open();
  CopyOut copy(session,
               "COPY (SELECT i, repeat('x', i) FROM generate_series(1, 3) AS i) TO STDOUT");
  std::string all;
  while (const auto row = copy.next()) {
    all.append(reinterpret_cast<const char*>(row->data()), row->size());
  }
  CHECK(all == "1\tx\n2\txx\n3\txxx\n");
  CHECK_FALSE(copy.next().has_value());
  CHECK(session.scalar("SELECT 1") == "1");
}
