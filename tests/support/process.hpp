// Runs the built programs as a user would, in a child process.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace godwit::test {

struct ProcessResult {
  int exit_code = -1;  // 128 + signal when it was killed
  std::string out;
  std::string err;
  long peak_kb = 0;  // resident; this process's own is in it, for the child began as its copy
};

/// Runs `argv` (argv[0] is a path) with extra environment and waits for its end.
ProcessResult run_process(const std::vector<std::string>& argv,
                          const std::map<std::string, std::string>& environment = {},
                          const std::string& input = {});

/// The built godwit with these arguments.
ProcessResult run_godwit(std::vector<std::string> arguments,
                         const std::map<std::string, std::string>& environment = {});

class TemporaryFolder;

/// A program that runs beside the test.
class RunningProcess {
 public:
  /// argv[0] is a path; what it prints is kept for wait().
  explicit RunningProcess(const std::vector<std::string>& argv,
                          const std::map<std::string, std::string>& environment = {});
  RunningProcess(const RunningProcess&) = delete;
  RunningProcess& operator=(const RunningProcess&) = delete;
  ~RunningProcess();  // kills it

  void signal(int number) const;
  ProcessResult wait();

 private:
  std::unique_ptr<TemporaryFolder> folder_;
  int pid_ = -1;
};

/// A temporary folder, removed with its contents when it goes.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Writes a file in it and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

}  // namespace godwit::test
