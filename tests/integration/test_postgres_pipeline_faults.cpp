#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "godwit/postgres/pipeline.hpp"
#include "support/pipeline_fixture.hpp"

using namespace godwit;
using namespace std::chrono_literals;
using Catch::Contains;
using postgres::BatchReport;
using postgres::Pipeline;
using postgres::PipelineLimits;
using postgres::StatementId;
using test::error_of;
using test::kInt4;
using test::kText;
using test::Types;
using test::Values;
using Fixture = test::PipelineFixture;

TEST_CASE("misuse is told", "[postgres_pipeline_faults]") {
  Fixture f;
  CHECK(error_of([&] { f.pipeline.send(f.insert, {}); }).kind() == ErrorKind::internal);
  f.pipeline.send_text("BEGIN");
  CHECK_THAT(error_of([&] { f.session.execute("SELECT 1"); }).what(), Contains("pipeline"));
  CHECK(error_of([&] { f.pipeline.leave(); }).kind() == ErrorKind::internal);
  f.pipeline.forget(f.insert);
  CHECK(error_of([&] { f.put(1); }).kind() == ErrorKind::internal);
  f.pipeline.send_text("COPY public.t FROM STDIN");
  CHECK(error_of([&] { f.pipeline.sync(); }).kind() == ErrorKind::internal);
}

TEST_CASE("a session that ends in mid-batch is a lost connection", "[postgres_pipeline_faults]") {
  Fixture f;
  f.pipeline.send_text("BEGIN");
  f.put(1);
  f.pipeline.settle();
  f.watcher.execute("SELECT pg_terminate_backend(" + f.backend() + ", 10000)");
  const Error lost = error_of([&] {
    for (int i = 2; i < 100'000; ++i)
      f.put(i);
    f.pipeline.commit();
    f.pipeline.sync();
  });
  CHECK(lost.kind() == ErrorKind::target);
  CHECK(lost.retryable());
  CHECK_FALSE(f.pipeline.commit_in_doubt().has_value());  // none was sent
  CHECK(error_of([&] { f.pipeline.send_text("BEGIN"); }).retryable());
  CHECK(error_of([&] { f.pipeline.rollback(); }).retryable());
  CHECK(f.ids().empty());
}

TEST_CASE("a COMMIT whose session is ended is in doubt", "[postgres_pipeline_faults]") {
  const bool batch_ends = GENERATE(true, false);
  Fixture f;
  f.make_commits_slow("60");
  f.pipeline.send_text("BEGIN");
  f.pipeline.send_text("INSERT INTO public.slow VALUES (1)");
  const std::size_t commit = f.pipeline.commit();
  std::thread end([&] {
    f.wait_until("wait_event = 'PgSleep'");
    f.watcher.execute("SELECT pg_terminate_backend(" + f.backend() + ", 10000)");
  });
  const Error lost =
      error_of([&] { (void)(batch_ends ? f.pipeline.sync() : f.pipeline.settle()); });
  end.join();
  CHECK(lost.kind() == ErrorKind::target);
  CHECK(lost.retryable());
  CHECK_THAT(lost.what(), Contains("57P01") && Contains("unknown"));
  CHECK(f.pipeline.commit_in_doubt() == commit);
  CHECK(f.watcher.scalar("SELECT count(*) FROM public.slow") == "0");
}

TEST_CASE("a lost session doesn't hide the COMMITs that were answered",
          "[postgres_pipeline_faults]") {
  Fixture f;
  f.pipeline.send_text("BEGIN");
  f.put(1);
  const std::size_t commit = f.pipeline.commit();
  f.pipeline.settle();
  f.pipeline.send_text("BEGIN");
  f.put(2);
  f.watcher.execute("SELECT pg_terminate_backend(" + f.backend() + ", 10000)");
  CHECK(error_of([&] { f.pipeline.sync(); }).retryable());
  CHECK_FALSE(f.pipeline.commit_in_doubt().has_value());
  CHECK(f.pipeline.known().commits == 1);
  CHECK(f.pipeline.known().done > commit);
  CHECK(f.ids() == "1");
}

TEST_CASE("a COMMIT that is in doubt may have taken effect", "[postgres_pipeline_faults]") {
  Fixture f;
  f.make_commits_slow("1");
  f.pipeline.send_text("BEGIN");
  f.pipeline.send_text("INSERT INTO public.slow VALUES (1)");
  const std::size_t commit = f.pipeline.commit();
  f.pipeline.send_text("BEGIN");
  std::thread cut([&] {
    f.wait_until("wait_event = 'PgSleep'");
    ::shutdown(PQsocket(f.session.native()), SHUT_RDWR);
  });
  const Error lost = error_of([&] { f.pipeline.sync(); });
  cut.join();
  CHECK(lost.retryable());
  CHECK_THAT(lost.what(), Contains("unknown"));
  CHECK(f.pipeline.commit_in_doubt() == commit);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (f.watcher.scalar("SELECT count(*) FROM public.slow") == "0" &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(10ms);
  }
  CHECK(f.watcher.scalar("SELECT count(*) FROM public.slow") == "1");
}

TEST_CASE("a pipeline is cancelled from another thread", "[postgres_pipeline_faults]") {
  Fixture f;
  f.pipeline.send_text("BEGIN");
  f.put(1);
  const std::size_t sleep = f.pipeline.send_text("SELECT pg_sleep(60)");
  std::thread cancel([&] {
    f.wait_until("wait_event = 'PgSleep'");
    f.session.cancel();
  });
  const BatchReport report = f.pipeline.sync();
  cancel.join();
  REQUIRE(report.error.has_value());
  CHECK(report.error->index == sleep);
  CHECK(report.error->error.kind() == ErrorKind::cancelled);
  f.pipeline.rollback();

  // While nothing runs, the next operation is what is stopped.
  f.pipeline.send_text("BEGIN");
  f.put(1);
  f.pipeline.settle();
  f.session.cancel();
  CHECK(error_of([&] { f.put(2); }).kind() == ErrorKind::cancelled);
  f.pipeline.rollback();
  f.pipeline.send_text("BEGIN");
  f.put(3);
  f.pipeline.commit();
  CHECK(f.pipeline.sync().clean());
  CHECK(f.ids() == "3");
}

TEST_CASE("a server that says nothing is given up", "[postgres_pipeline_faults]") {
  PipelineLimits limits;
  limits.silence = 300ms;
  Fixture f(limits);
  f.pipeline.send_text("SELECT pg_sleep(5)");
  const auto start = std::chrono::steady_clock::now();
  const Error error = error_of([&] { f.pipeline.sync(); });
  CHECK(std::chrono::steady_clock::now() - start < 4s);
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.retryable());
  CHECK_THAT(error.what(), Contains("not answered"));
  CHECK(error_of([&] { f.session.execute("SELECT 1"); }).retryable());
}

TEST_CASE("a pipeline that is left in mid-batch leaves a usable session",
          "[postgres_pipeline_faults]") {
  Fixture f;
  const auto start = std::chrono::steady_clock::now();
  for (const char* last : {"SELECT 1", "SELECT 1 / 0", "SELECT pg_sleep(60)"}) {
    Pipeline pipeline(f.session);
    const StatementId insert =
        pipeline.prepare("INSERT INTO public.t VALUES ($1, $2)", Types{kInt4, kText});
    pipeline.send_text("BEGIN");
    pipeline.send(insert, Values().integer(1).null());
    pipeline.settle();
    pipeline.send_text(last);
  }
  CHECK(std::chrono::steady_clock::now() - start < 30s);
  CHECK(f.session.scalar("SELECT count(*) FROM pg_prepared_statements") == "0");
  CHECK(f.session.scalar("SELECT count(*) FROM public.t") == "0");
  f.session.execute("INSERT INTO public.t VALUES (1, '')");
  CHECK(f.ids() == "1");
}
