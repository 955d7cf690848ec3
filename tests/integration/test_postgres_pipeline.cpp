#include "godwit/postgres/pipeline.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "support/cpu_time.hpp"
#include "support/pipeline_fixture.hpp"

using namespace godwit;
using Catch::Contains;
using postgres::BatchReport;
using postgres::kAnyCount;
using postgres::Parameter;
using postgres::PipelineLimits;
using postgres::StatementId;
using test::error_of;
using test::kInt4;
using test::kText;
using test::Types;
using test::Values;
using Fixture = test::PipelineFixture;

namespace {

constexpr std::uint32_t kBytea = 17;

/// Peak of this process's resident memory since reset_peak(), in MiB.
void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }
long peak_mb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kilobytes = 0;
  while (status >> word) {
    if (word == "VmHWM:") status >> kilobytes;
  }
  return kilobytes / 1024;
}

}  // namespace

TEST_CASE("rows that an operation affects are counted", "[postgres_pipeline]") {
  Fixture f;
  f.watcher.execute("ALTER TABLE public.t DROP CONSTRAINT t_pkey");
  f.watcher.execute("INSERT INTO public.t VALUES (1, 'a'), (2, 'b'), (2, 'c')");
  const StatementId update =
      f.pipeline.prepare("UPDATE public.t SET text = 'new' WHERE id = $1", Types{kInt4});
  CHECK(f.pipeline.send_text("BEGIN") == 0);
  CHECK(f.pipeline.send(update, Values().integer(1)) == 1);
  CHECK(f.pipeline.send(update, Values().integer(7)) == 2);
  CHECK(f.pipeline.send(update, Values().integer(2)) == 3);
  CHECK(f.pipeline.send(update, Values().integer(2), 2) == 4);
  CHECK(f.pipeline.send(update, Values().integer(7), 0) == 5);
  CHECK(f.pipeline.send(update, Values().integer(2), kAnyCount) == 6);
  const BatchReport before = f.pipeline.settle();
  CHECK(before.done == 7);
  CHECK(f.pipeline.commit() == 7);
  const BatchReport report = f.pipeline.sync();
  CHECK_FALSE(report.clean());
  CHECK_FALSE(report.error.has_value());
  CHECK(report.sent == 8);
  CHECK(report.done == 7);  // no COMMIT was sent
  CHECK(report.commits == 0);
  REQUIRE(report.mismatch_count == 2);
  CHECK(report.mismatches[0].index == 2);
  CHECK(report.mismatches[0].expected == 1);
  CHECK(report.mismatches[0].actual == 0);
  CHECK(report.mismatches[1].index == 3);
  CHECK(report.mismatches[1].actual == 2);
  f.pipeline.rollback();
  CHECK(f.watcher.scalar("SELECT string_agg(text, '' ORDER BY text) FROM public.t") == "abc");

  // The next batch begins at 0 and knows nothing of this one.
  CHECK(f.pipeline.send_text("BEGIN") == 0);
  f.pipeline.send(update, Values().integer(1));
  f.pipeline.commit();
  const BatchReport good = f.pipeline.sync();
  CHECK(good.clean());
  CHECK(good.done == 3);
  CHECK(good.commits == 1);
  CHECK(f.watcher.scalar("SELECT text FROM public.t WHERE id = 1") == "new");
}

TEST_CASE("only so many mismatches are kept", "[postgres_pipeline]") {
  Fixture f;
  const StatementId update = f.pipeline.prepare("UPDATE public.t SET id = id", {});
  f.pipeline.send_text("BEGIN");
  for (int i = 0; i < 300; ++i)
    f.pipeline.send(update, {});
  f.pipeline.settle();
  f.pipeline.send(update, {});  // known by now, so not sent
  const BatchReport report = f.pipeline.sync();
  CHECK(report.mismatches.size() == BatchReport::kMismatchesMax);
  CHECK(report.mismatch_count == 300);
  CHECK(report.sent == 302);
  CHECK(report.done == 301);
  f.pipeline.rollback();
}

TEST_CASE("values arrive as they are", "[postgres_pipeline]") {
  Fixture f;
  f.watcher.execute("CREATE TABLE public.v (id int, text text, bytes bytea)");
  const StatementId insert =
      f.pipeline.prepare("INSERT INTO public.v VALUES ($1, $2, $3)", Types{kInt4, kText, kBytea});
  f.pipeline.send_text("BEGIN");
  f.pipeline.send(insert, Values().integer(-2).null().text(std::string("\0\xff'\\", 4)));
  f.pipeline.send(insert, Values().null().text("").null());
  Values empty;
  empty.integer(3).text("it's \xe2\x82\xac");
  std::vector<Parameter> parameters(std::span<const Parameter>(empty).begin(),
                                    std::span<const Parameter>(empty).end());
  parameters.push_back({});  // no bytes at all, and yet a value
  f.pipeline.send(insert, parameters);
  f.pipeline.commit();
  CHECK(f.pipeline.sync().clean());
  const auto rows = f.watcher.query("SELECT id, text, bytes FROM public.v ORDER BY id");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == postgres::Row{"-2", std::nullopt, "\\x00ff275c"});
  CHECK(rows[1] == postgres::Row{"3", "it's \xe2\x82\xac", "\\x"});
  CHECK(rows[2] == postgres::Row{std::nullopt, "", std::nullopt});
}

TEST_CASE("the first error is told, and nothing of what it made the server skip",
          "[postgres_pipeline]") {
  Fixture f;
  f.pipeline.send_text("BEGIN");
  f.put(1);
  f.put(2);
  const std::size_t twice = f.put(1);
  for (int i = 3; i < 200; ++i)
    f.put(i);
  f.put(2);
  f.pipeline.commit();
  const BatchReport report = f.pipeline.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->index == twice);
  CHECK(report.done == twice);
  CHECK(report.commits == 0);
  CHECK(report.mismatch_count == 0);
  CHECK(report.error->sqlstate == "23505");
  CHECK(report.error->schema == "public");
  CHECK(report.error->table == "t");
  CHECK(report.error->constraint == "t_pkey");
  CHECK_THAT(report.error->message, Contains("duplicate key"));
  CHECK_THAT(report.error->detail, Contains("(id)=(1)"));
  CHECK(report.error->error.kind() == ErrorKind::rejected);
  CHECK_FALSE(report.error->error.retryable());
  f.pipeline.rollback();
  CHECK(f.ids().empty());

  f.pipeline.send_text("BEGIN");
  f.put(1);
  f.pipeline.commit();
  CHECK(f.pipeline.sync().clean());
  CHECK(f.ids() == "1");
}

TEST_CASE("an error of one transaction leaves those before it", "[postgres_pipeline]") {
  Fixture f;
  for (const int id : {1, 2, 1, 3}) {
    f.pipeline.send_text("BEGIN");
    f.put(id);
    f.pipeline.commit();
  }
  const BatchReport report = f.pipeline.sync();
  CHECK(report.commits == 2);
  REQUIRE(report.error.has_value());
  CHECK(report.error->index == 7);
  CHECK(report.sent == 12);
  f.pipeline.rollback();
  CHECK(f.ids() == "1 2");
  CHECK_FALSE(f.pipeline.commit_in_doubt().has_value());
}

TEST_CASE("deadlocks and serialization failures may be tried again", "[postgres_pipeline]") {
  Fixture f;
  const std::string state = GENERATE(as<std::string>(), "40P01", "40001");
  f.pipeline.send_text("BEGIN");
  f.pipeline.send_text("DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''" + state + "''; END'");
  const BatchReport report = f.pipeline.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->sqlstate == state);
  CHECK(report.error->error.retryable());
  f.pipeline.rollback();
}

TEST_CASE("a statement that can't be prepared is its operation's error", "[postgres_pipeline]") {
  Fixture f;
  const StatementId later =
      f.pipeline.prepare("INSERT INTO public.later VALUES ($1)", Types{kInt4});
  f.pipeline.send_text("BEGIN");
  f.put(1);
  const std::size_t index = f.pipeline.send(later, Values().integer(1));
  f.put(2);
  const BatchReport report = f.pipeline.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->index == index);
  CHECK(report.error->sqlstate == "42P01");
  CHECK(report.done == index);
  f.pipeline.rollback();

  f.watcher.execute("CREATE TABLE public.later (id int)");
  f.pipeline.send_text("BEGIN");
  f.pipeline.send(later, Values().integer(1));
  f.pipeline.commit();
  CHECK(f.pipeline.sync().clean());
  CHECK(f.watcher.scalar("SELECT count(*) FROM public.later") == "1");
}

TEST_CASE("a constraint that only COMMIT checks is the COMMIT's error", "[postgres_pipeline]") {
  Fixture f;
  f.watcher.execute(
      "CREATE TABLE public.child (id int, CONSTRAINT parent FOREIGN KEY (id) REFERENCES public.t "
      "DEFERRABLE INITIALLY DEFERRED)");
  const StatementId child =
      f.pipeline.prepare("INSERT INTO public.child VALUES ($1)", Types{kInt4});
  f.pipeline.send_text("BEGIN");
  f.pipeline.send(child, Values().integer(1));
  const std::size_t commit = f.pipeline.commit();
  const BatchReport report = f.pipeline.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->index == commit);
  CHECK(report.error->sqlstate == "23503");
  CHECK(report.error->constraint == "parent");
  CHECK_FALSE(f.pipeline.commit_in_doubt().has_value());

  // Without a transaction it is the end of the batch that fails.
  f.pipeline.send(child, Values().integer(1));
  const BatchReport end = f.pipeline.sync();
  REQUIRE(end.error.has_value());
  CHECK(end.error->index == 1);
  CHECK(end.error->sqlstate == "23503");
  CHECK_FALSE(end.clean());
  f.pipeline.rollback();
  CHECK(f.watcher.scalar("SELECT count(*) FROM public.child") == "0");
}

TEST_CASE("a COMMIT that is a ROLLBACK is an error", "[postgres_pipeline]") {
  Fixture f;
  f.pipeline.send_text("BEGIN");
  f.pipeline.send_text("SELECT 1 / 0");
  CHECK(f.pipeline.sync().error->sqlstate == "22012");
  const std::size_t commit = f.pipeline.commit();  // rollback() was forgotten
  const BatchReport report = f.pipeline.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->index == commit);
  CHECK(report.error->error.kind() == ErrorKind::internal);
  CHECK(report.commits == 0);
}

TEST_CASE("parameters and results in both directions neither block nor pile up",
          "[postgres_pipeline]") {
  Fixture f;
  constexpr int kOperations = 100'000;
  const StatementId echo = f.pipeline.prepare("SELECT $1 || $1", Types{kText});
  Values value;
  value.text(std::string(2'000, 'x'));
  f.pipeline.send_text("BEGIN");
  f.pipeline.send(echo, value);
  f.pipeline.settle();
  reset_peak();
  const long before = peak_mb();
  for (int i = 0; i < kOperations; ++i)
    f.pipeline.send(echo, value);
  const BatchReport report = f.pipeline.sync();
  CHECK(report.clean());
  CHECK(report.done == kOperations + 2);
  const long growth = peak_mb() - before;
  std::cout << "100,000 operations of 2 kB with results of 4 kB: " << growth << " MiB more\n";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(growth < 32);
#endif
  f.pipeline.rollback();
}

TEST_CASE("a value of 50 MB passes", "[postgres_pipeline]") {
  Fixture f;
  std::string large;
  large.resize(50'000'000, 'x');
  large.back() = 'y';
  f.pipeline.send_text("BEGIN");
  f.put(1);
  f.pipeline.send(f.insert, Values().integer(2).text(large));
  f.put(3);
  f.pipeline.commit();
  CHECK(f.pipeline.sync().clean());
  CHECK(f.watcher.scalar("SELECT length(text) || right(text, 1) FROM public.t WHERE id = 2") ==
        "50000000y");
  CHECK(f.ids() == "1 2 3");

  const Parameter huge{reinterpret_cast<const std::byte*>(large.data()), std::size_t{1} << 30,
                       false};
  const std::array<Parameter, 2> parameters{Parameter{nullptr, 0, true}, huge};
  const Error error = error_of([&] { f.pipeline.send(f.insert, parameters); });
  CHECK(error.kind() == ErrorKind::rejected);
  f.put(4);
  CHECK(f.pipeline.sync().clean());
}

TEST_CASE("a server keeps a bounded number of statements", "[postgres_pipeline]") {
  PipelineLimits limits;
  limits.statements = 3;
  limits.operations = 10;
  Fixture f(limits);
  std::vector<StatementId> statements;
  for (int i = 0; i < 8; ++i) {
    statements.push_back(f.pipeline.prepare(
        "INSERT INTO public.t VALUES ($1, '" + std::to_string(i) + "')", Types{kInt4}));
  }
  int id = 0;
  const auto round = [&] {
    f.pipeline.send_text("BEGIN");
    for (int times = 0; times < 5; ++times) {
      for (const StatementId statement : statements)
        f.pipeline.send(statement, Values().integer(++id));
    }
    f.pipeline.commit();
    return f.pipeline.sync();
  };
  CHECK(round().clean());

  // Preparations and deallocations that an error makes the server skip.
  f.pipeline.send_text("BEGIN");
  f.pipeline.send_text("SELECT 1 / 0");
  for (const StatementId statement : statements)
    f.pipeline.send(statement, Values().integer(++id));
  CHECK(f.pipeline.sync().error->index == 1);
  f.pipeline.rollback();
  CHECK(round().clean());

  f.pipeline.forget(statements.back());
  statements.pop_back();
  CHECK(round().clean());
  f.pipeline.leave();
  CHECK(f.session.scalar("SELECT count(*) FROM pg_prepared_statements") == "3");
  CHECK(f.watcher.scalar("SELECT count(*) FROM public.t") == "115");
  CHECK(f.watcher.scalar("SELECT count(*) FROM public.t WHERE text = '7'") == "10");
}

TEST_CASE("a session copies and queries between batches", "[postgres_pipeline]") {
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    f.pipeline.send_text("BEGIN");
    f.put(2 * i);
    f.pipeline.commit();
    CHECK(f.pipeline.sync().clean());
    f.pipeline.leave();
    f.pipeline.leave();
    postgres::CopyIn copy(f.session, "COPY public.t FROM STDIN");
    const std::string line = std::to_string(2 * i + 1) + "\ty\n";
    copy.put(std::as_bytes(std::span(line.data(), line.size())));
    CHECK(copy.finish() == 1);
    CHECK(f.session.scalar("SELECT count(*) FROM public.t") == std::to_string(2 * i + 2));
  }
  CHECK(f.ids() == "0 1 2 3 4 5");
  CHECK(f.session.scalar("SELECT count(*) FROM pg_prepared_statements") == "1");
}

TEST_CASE("what a round trip less is worth", "[postgres_pipeline]") {
  Fixture f;
  constexpr int kRows = 100'000;
  const auto measure = [&](const std::string& way, const std::function<void()>& run) {
    const double cpu = test::thread_cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << way << ": " << static_cast<long>(kRows / seconds.count()) << " rows/s, "
              << (test::thread_cpu_seconds() - cpu) / kRows * 1e6
              << " us of this side's CPU each\n";
    CHECK(f.watcher.scalar("SELECT count(*) FROM public.t") == std::to_string(kRows));
    f.watcher.execute("TRUNCATE public.t");
  };
  const auto pipelined = [&](int rows, const std::function<void()>& commit) {
    for (int i = 0; i < kRows; ++i) {
      if (i % rows == 0) f.pipeline.send_text("BEGIN");
      f.put(i);
      if (i % rows == rows - 1 || i == kRows - 1) commit();
    }
    CHECK(f.pipeline.sync().clean());
  };
  for (const int rows : {3, 30, 300}) {
    measure("pipeline, " + std::to_string(rows) + " a transaction",
            [&] { pipelined(rows, [&] { f.pipeline.commit(); }); });
  }
  measure("pipeline, 3 a transaction, COMMIT without waiting for the counts",
          [&] { pipelined(3, [&] { f.pipeline.send_text("COMMIT"); }); });
  f.pipeline.leave();
  measure("a round trip each, 3 a transaction", [&] {
    for (int i = 0; i < kRows; ++i) {
      if (i % 3 == 0) f.session.execute("BEGIN");
      f.session.execute("INSERT INTO public.t VALUES (" + std::to_string(i) + ", 'x')");
      if (i % 3 == 2 || i == kRows - 1) f.session.execute("COMMIT");
    }
  });
}
