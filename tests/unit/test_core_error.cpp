#include <algorithm>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/diagnostic.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/finding.hpp"

using namespace godwit;

namespace {

const std::vector<ErrorKind> kAllKinds = {ErrorKind::internal,      ErrorKind::usage,
                                          ErrorKind::plan_invalid,  ErrorKind::preflight,
                                          ErrorKind::source,        ErrorKind::target,
                                          ErrorKind::rejected,      ErrorKind::verify_mismatch,
                                          ErrorKind::position_lost, ErrorKind::cancelled,
                                          ErrorKind::held};

}  // namespace

TEST_CASE("exit codes are the documented ones") {
  std::vector<int> codes;
  for (const ErrorKind kind : kAllKinds)
    codes.push_back(exit_code(kind));
  CHECK(codes == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("every kind of error has a name of its own") {
  std::set<std::string> names;
  for (const ErrorKind kind : kAllKinds)
    names.insert(name(kind));
  CHECK(names.size() == kAllKinds.size());
  CHECK(std::string(name(ErrorKind::plan_invalid)) == "plan_invalid");
}

TEST_CASE("of several tenants' failures the most severe is 1, 9, 5, 6, 11, 7, 8, 10") {
  std::vector<ErrorKind> kinds = {ErrorKind::cancelled,     ErrorKind::rejected,
                                  ErrorKind::target,        ErrorKind::internal,
                                  ErrorKind::held,          ErrorKind::verify_mismatch,
                                  ErrorKind::position_lost, ErrorKind::source};
  std::sort(kinds.begin(), kinds.end(),
            [](ErrorKind a, ErrorKind b) { return severity_rank(a) > severity_rank(b); });
  std::vector<int> codes;
  for (const ErrorKind kind : kinds)
    codes.push_back(exit_code(kind));
  CHECK(codes == std::vector<int>{1, 9, 5, 6, 11, 7, 8, 10});

  std::set<int> ranks;
  for (const ErrorKind kind : kAllKinds)
    ranks.insert(severity_rank(kind));
  CHECK(ranks.size() == kAllKinds.size());
}

TEST_CASE("an error keeps its properties when its place is added") {
  const Error error(ErrorKind::source, "gone away", "try later", true);
  const Error outer = error.within("tenant acme");
  CHECK(std::string(outer.what()) == "tenant acme: gone away");
  CHECK(outer.kind() == ErrorKind::source);
  CHECK(outer.hint() == "try later");
  CHECK(outer.retryable());
}

TEST_CASE("diagnostics are printed as editors read them, in the order of the file") {
  CHECK(to_string(Diagnostic{"plans/a.yaml", 14, 9, "unknown key 'worker'"}) ==
        "plans/a.yaml:14:9: error: unknown key 'worker'");
  CHECK(to_string(Diagnostic{"a.yaml", 0, 0, "empty"}) == "a.yaml: error: empty");
  CHECK(to_string(Diagnostic{"a.yaml", 1, 1, "forged\nline"}) ==
        "a.yaml:1:1: error: forged\\u000aline");
  const Diagnostics diagnostics = {
      {"a", 10, 1, "third"}, {"a", 2, 9, "second"}, {"a", 2, 3, "first"}};
  CHECK(to_string(diagnostics) ==
        "a:2:3: error: first\na:2:9: error: second\na:10:1: error: third");
  CHECK(to_string(Diagnostics{}).empty());
}

TEST_CASE("only findings of severity error refuse a migration") {
  Findings findings = {{"a", Severity::silent, "t", "m", "f", ""},
                       {"b", Severity::degraded, "t", "m", "f", ""},
                       {"c", Severity::info, "t", "m", "f", ""}};
  CHECK_FALSE(has_errors(findings));
  findings.push_back({"d", Severity::error, "t", "m", "f", ""});
  CHECK(has_errors(findings));
  CHECK(name(Severity::error) == "error");
  CHECK(name(Severity::silent) == "silent");
  CHECK(name(Severity::degraded) == "degraded");
  CHECK(name(Severity::info) == "info");
}

TEST_CASE("any exception in flight becomes an Error") {
  const auto translated = [](const auto& thrown) {
    try {
      throw thrown;
    } catch (...) {
      return current_error();
    }
  };
  const Error own = translated(Error(ErrorKind::target, "gone", "look", true));
  CHECK(own.kind() == ErrorKind::target);
  CHECK(own.hint() == "look");
  CHECK(own.retryable());
  const Error library = translated(std::bad_alloc());
  CHECK(library.kind() == ErrorKind::internal);
  CHECK_FALSE(library.retryable());
  CHECK(translated(7).kind() == ErrorKind::internal);
}
