// What the tests of postgres::Pipeline share: values as parameters, and a pipeline on a database of
// its own.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/postgres/pipeline.hpp"
#include "support/servers.hpp"

namespace godwit::test {

inline constexpr std::uint32_t kInt4 = 23;
inline constexpr std::uint32_t kText = 25;
using Types = std::vector<std::uint32_t>;

/// The parameters of one operation, with their bytes.
class Values {
 public:
  Values& integer(int value) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0})
      bytes += static_cast<char>(static_cast<unsigned>(value) >> static_cast<unsigned>(shift));
    return text(std::move(bytes));
  }
  Values& text(std::string value) {
    const std::string& kept = bytes_.emplace_back(std::move(value));
    list_.push_back({reinterpret_cast<const std::byte*>(kept.data()), kept.size(), false});
    return *this;
  }
  Values& null() {
    list_.push_back({nullptr, 0, true});
    return *this;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): reads as an argument
  operator std::span<const postgres::Parameter>() const { return list_; }

 private:
  std::deque<std::string> bytes_;
  std::vector<postgres::Parameter> list_;
};

inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw;
}

/// A database with the table t (id, text), its own session and a pipeline on it.
struct PipelineFixture {
  explicit PipelineFixture(const postgres::PipelineLimits& limits = {})
      : session(database.connect()), watcher(database.connect()), pipeline(session, limits) {
    watcher.execute("CREATE TABLE public.t (id int PRIMARY KEY, text text)");
    insert = pipeline.prepare("INSERT INTO public.t VALUES ($1, $2)", Types{kInt4, kText});
  }

  std::size_t put(int id) { return pipeline.send(insert, Values().integer(id).text("x")); }
  std::string ids() {
    return watcher
        .scalar("SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM public.t")
        .value();
  }
  std::string backend() const { return std::to_string(PQbackendPID(session.native())); }
  /// Waits until the session's backend does what `condition` on pg_stat_activity says.
  void wait_until(const std::string& condition) {
    using namespace std::chrono_literals;
    const std::string sql =
        "SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend() + " AND " + condition;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (watcher.scalar(sql) == "0") {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(condition);
      std::this_thread::sleep_for(2ms);
    }
  }
  /// From here on a COMMIT that has inserted into public.slow takes so long.
  void make_commits_slow(const std::string& seconds) {
    watcher.execute(
        "CREATE TABLE public.slow (id int);"
        "CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(" +
        seconds +
        "); RETURN NULL; END';"
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON public.slow DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION public.wait()");
  }

  TargetDatabase database;
  postgres::Session session;
  postgres::Session watcher;
  postgres::Pipeline pipeline;
  postgres::StatementId insert;
};

}  // namespace godwit::test
