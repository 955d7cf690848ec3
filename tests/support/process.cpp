#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace godwit::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  // Close-on-exec, or the child would keep its own stdin's writing end open for ever.
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::vector<std::string> child_environment(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    if (extra.count(std::string(line.substr(0, line.find('=')))) == 0) result.emplace_back(line);
  }
  for (const auto& [name, value] : extra)
    result.emplace_back(name).append("=").append(value);
  return result;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& string : strings)
    result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

pid_t spawn(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
            const Pipe& in, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.reader.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.writer.get(), STDERR_FILENO);
  pid_t pid = -1;
  errno = posix_spawn(&pid, argv.at(0).c_str(), &actions, nullptr, pointers(argv).data(),
                      pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (errno != 0) fail(argv[0]);
  return pid;
}

/// Appends what is there; closes the descriptor at its end.
void read_some(FileDescriptor& from, std::string& to) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
  if (count > 0) {
    to.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    from.close();
  }
}

void write_some(FileDescriptor& to, std::string_view& rest) {
  const ssize_t count = ::write(to.get(), rest.data(), rest.size());
  if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  const bool child_closed_it = count < 0 && errno != EINTR && errno != EAGAIN;
  if (rest.empty() || child_closed_it) to.close();
}

/// Feeds stdin and reads both outputs at once: a child that fills one pipe never blocks us.
void exchange(FileDescriptor in, FileDescriptor out, FileDescriptor err, std::string_view input,
              ProcessResult& result) {
  fcntl(in.get(), F_SETFL, O_NONBLOCK);
  if (input.empty()) in.close();
  while (out.get() >= 0 || err.get() >= 0 || in.get() >= 0) {
    std::array<pollfd, 3> polled{
        {{in.get(), POLLOUT, 0}, {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
    if (poll(polled.data(), polled.size(), -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll");
    }
    if (polled[0].revents != 0) write_some(in, input);
    if (polled[1].revents != 0) read_some(out, result.out);
    if (polled[2].revents != 0) read_some(err, result.err);
  }
}

void wait_for(pid_t pid, ProcessResult& result) {
  int status = 0;
  rusage usage{};
  while (wait4(pid, &status, 0, &usage) < 0) {
    if (errno != EINTR) fail("wait4");
  }
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.peak_kb = usage.ru_maxrss;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv,
                          const std::map<std::string, std::string>& environment,
                          const std::string& input) {
  // A child that doesn't read its stdin must not kill the test by SIGPIPE.
  static const bool kIgnored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  if (!kIgnored) fail("signal");
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const pid_t pid = spawn(argv, child_environment(environment), in, out, err);
  in.reader.close();
  out.writer.close();
  err.writer.close();
  ProcessResult result;
  exchange(std::move(in.writer), std::move(out.reader), std::move(err.reader), input, result);
  wait_for(pid, result);
  return result;
}

ProcessResult run_godwit(std::vector<std::string> arguments,
                         const std::map<std::string, std::string>& environment) {
  arguments.insert(arguments.begin(), GODWIT_BINARY);
  return run_process(arguments, environment);
}

RunningProcess::RunningProcess(const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& environment)
    : folder_(std::make_unique<TemporaryFolder>()) {
  const std::string out = folder_->write("out", "");
  const std::string err = folder_->write("err", "");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY, 0);
  const std::vector<std::string> variables = child_environment(environment);
  errno = posix_spawn(&pid_, argv.at(0).c_str(), &actions, nullptr, pointers(argv).data(),
                      pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (errno != 0) fail(argv[0]);
}

RunningProcess::~RunningProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void RunningProcess::signal(int number) const { ::kill(pid_, number); }

ProcessResult RunningProcess::wait() {
  ProcessResult result;
  wait_for(std::exchange(pid_, -1), result);
  const auto read = [this](const char* name) {
    std::ifstream file(folder_->path() + "/" + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  result.out = read("out");
  result.err = read("err");
  return result;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "godwit-test.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) fail(name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::string path = path_ + "/" + name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) fail(path);
  return path;
}

}  // namespace godwit::test
