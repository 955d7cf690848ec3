#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <set>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"

using namespace godwit;

namespace {

/// Sets GODWIT_FAILPOINTS for one test and disarms everything afterwards.
class Armed {
 public:
  explicit Armed(const char* text) {
    ::setenv("GODWIT_FAILPOINTS", text, 1);
    failpoint::configure_from_environment();
  }
  ~Armed() {
    ::unsetenv("GODWIT_FAILPOINTS");
    failpoint::configure_from_environment();
  }
};

bool throws(std::string_view name) {
  try {
    failpoint::hit(name);
    return false;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::internal);
    CHECK(error.retryable());
    CHECK(std::string(error.what()) == "failpoint " + std::string(name));
    return true;
  }
}

}  // namespace

TEST_CASE("failpoints have names of their own") {
  const auto names = failpoint::names();
  const std::set<std::string_view> distinct(names.begin(), names.end());
  CHECK(distinct.size() == names.size());
  CHECK(distinct.contains("copy.mid_rows"));
}

TEST_CASE("without a configuration nothing happens") {
  ::unsetenv("GODWIT_FAILPOINTS");
  failpoint::configure_from_environment();
  CHECK_FALSE(failpoint::armed);
  CHECK_FALSE(throws("copy.mid_rows"));
  const Armed empty("");
  CHECK_FALSE(failpoint::armed);
}

TEST_CASE("an error is thrown at every hit, and only there") {
  const Armed armed("copy.mid_rows=error");
  CHECK(throws("copy.mid_rows"));
  CHECK(throws("copy.mid_rows"));
  CHECK_FALSE(throws("copy.after_commit"));
}

TEST_CASE("@N acts at the Nth hit only") {
  const Armed armed("copy.mid_rows=error@2;copy.after_commit=error@1");
  CHECK_FALSE(throws("copy.mid_rows"));
  CHECK(throws("copy.mid_rows"));
  CHECK_FALSE(throws("copy.mid_rows"));
  CHECK(throws("copy.after_commit"));
  CHECK_FALSE(throws("copy.after_commit"));
}

TEST_CASE("a delay holds the thread up") {
  const Armed armed("copy.mid_rows=delay:30");
  const auto begin = std::chrono::steady_clock::now();
  failpoint::hit("copy.mid_rows");
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30));
}

TEST_CASE("kill ends the process without any cleaning up") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("GODWIT_FAILPOINTS", "copy.mid_rows=kill@2", 1);
    failpoint::configure_from_environment();
    failpoint::hit("copy.mid_rows");
    failpoint::hit("copy.mid_rows");
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("what can't be understood is refused, and nothing is armed") {
  struct Case {
    const char* text;
    const char* problem;
  };
  const auto c = GENERATE(values<Case>({
      {"copy.mid_row=kill", "did you mean 'copy.mid_rows'?"},
      {"nonsense=kill", "names no failpoint"},
      {"copy.mid_rows", "has no action"},
      {"copy.mid_rows=", "unknown action"},
      {"copy.mid_rows=explode", "unknown action"},
      {"copy.mid_rows=kill@", "needs a hit"},
      {"copy.mid_rows=kill@0", "needs a hit"},
      {"copy.mid_rows=kill@x", "needs a hit"},
      {"copy.mid_rows=kill@-1", "needs a hit"},
      {"copy.mid_rows=delay:", "needs milliseconds"},
      {"copy.mid_rows=delay:5s", "needs milliseconds"},
      {"copy.mid_rows=delay:99999999999", "needs milliseconds"},
      {"copy.mid_rows=kill;copy.mid_rows=error", "named before"},
      {"copy.after_commit=kill;nonsense=kill", "names no failpoint"},
  }));
  CAPTURE(c.text);
  ::setenv("GODWIT_FAILPOINTS", c.text, 1);
  try {
    failpoint::configure_from_environment();
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Catch::Contains(c.problem));
  }
  CHECK_FALSE(failpoint::armed);
  ::unsetenv("GODWIT_FAILPOINTS");
}

TEST_CASE("the action exception throws what is no Error") {
  const Armed armed("copy.mid_rows=exception");
  try {
    failpoint::hit("copy.mid_rows");
    FAIL("nothing was thrown");
  } catch (const Error&) {
    FAIL("an Error was thrown");
  } catch (const std::exception& error) {
    CHECK(std::string(error.what()) == "failpoint copy.mid_rows");
  }
}
