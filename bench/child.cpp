#include "child.hpp"
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <fmt/format.h>

namespace stint::bench {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error{errno, std::generic_category(), "pipe"};
  }
  return ends;
}

}  // namespace

Child::Child(const std::vector<std::string>& argv, const std::string& error_file) {
  const std::array<int, 2> input = make_pipe();
  const std::array<int, 2> output = make_pipe();
  std::vector<char*> arguments;
  std::vector<std::string> copies = argv;
  arguments.reserve(copies.size() + 1);
  for (std::string& one : copies) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  if (!error_file.empty()) {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_file.c_str(),
                                     O_CREAT | O_TRUNC | O_WRONLY, 0600);
  }
  const int code =
      ::posix_spawn(&pid_, argv[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  input_ = input[1];
  output_ = output[0];
  if (code != 0) {
    ::close(input_);
    ::close(output_);
    throw std::system_error{code, std::generic_category(), "cannot start " + argv[0]};
  }
}

Child::~Child() {
  ::close(input_);
  ::close(output_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Child::write_line(const std::string& line) const {
  const std::string text = line + "\n";
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::system_error{errno, std::generic_category(), "write to a child"};
  }
}

bool Child::read_more() {
  std::array<char, 4096> bytes{};
  ssize_t count = 0;
  do {
    count = ::read(output_, bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string Child::read_line() {
  while (buffer_.find('\n') == std::string::npos) {
    if (!read_more()) throw std::runtime_error{fmt::format("process {} ended early", pid_)};
  }
  const std::size_t end = buffer_.find('\n');
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

int Child::wait() {
  while (read_more()) {
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::terminate() const { ::kill(pid_, SIGTERM); }

}  // namespace stint::bench
