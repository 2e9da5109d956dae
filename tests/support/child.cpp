#include "support/child.hpp"
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

extern char** environ;  // NOLINT: POSIX's own

namespace stint::test {
namespace {

constexpr std::chrono::milliseconds kLongestWait = std::chrono::seconds{20};

bool is_readable(int descriptor, std::chrono::milliseconds limit) {
  pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, static_cast<int>(limit.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

Child::Child(const std::vector<std::string>& command) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    throw std::system_error{errno, std::generic_category(), "pipe2"};
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size());
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  const int error =
      ::posix_spawn(&pid_, command.at(0).c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  output_ = pipe[0];
  if (error != 0) {
    ::close(output_);
    throw std::system_error{error, std::generic_category(), command.at(0)};
  }
  process_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Child::~Child() { release(); }

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      process_(std::exchange(other.process_, -1)),
      output_(std::exchange(other.output_, -1)),
      read_(std::move(other.read_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    release();
    pid_ = std::exchange(other.pid_, -1);
    process_ = std::exchange(other.process_, -1);
    output_ = std::exchange(other.output_, -1);
    read_ = std::move(other.read_);
  }
  return *this;
}

void Child::release() noexcept {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);  // our own child, not waited for yet: the id is still its
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  for (int* descriptor : {&process_, &output_}) {
    if (*descriptor >= 0) ::close(std::exchange(*descriptor, -1));
  }
}

std::string Child::read_line() {
  for (;;) {
    const std::size_t end = read_.find('\n');
    if (end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (!is_readable(output_, kLongestWait)) throw std::runtime_error{"the child says nothing"};
    std::array<char, 4096> chunk{};
    const ssize_t size = ::read(output_, chunk.data(), chunk.size());
    if (size <= 0) throw std::runtime_error{"the child's output ended"};
    read_.append(chunk.data(), static_cast<std::size_t>(size));
  }
}

void Child::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Child::has_ended() const {
  return pid_ < 0 || is_readable(process_, std::chrono::milliseconds{0});
}

int Child::wait(std::chrono::milliseconds limit) {
  if (!is_readable(process_, limit)) throw std::runtime_error{"the child does not end"};
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

std::string test_program(const std::string& name) {
  return std::string{STINT_TEST_PROGRAM_DIR} + "/" + name;
}

}  // namespace stint::test
