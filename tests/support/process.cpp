#include "support/process.hpp"
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <fmt/format.h>

namespace stint::test {
namespace {

[[noreturn]] void fail(const std::string& what, int number) {
  throw std::runtime_error{what + ": " + std::strerror(number)};
}

/// Close a descriptor with the object.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    descriptor_ = std::exchange(other.descriptor_, -1);
    return *this;
  }
  int get() const { return descriptor_; }
  void reset() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

/// Make a file in memory: what a program writes there never blocks it.
Descriptor memory_file(const std::string& text = {}) {
  Descriptor file{::memfd_create("stint-test", MFD_CLOEXEC)};
  if (file.get() < 0) fail("memfd_create", errno);
  if (!text.empty() && ::pwrite(file.get(), text.data(), text.size(), 0) < 0) fail("pwrite", errno);
  return file;
}

std::string contents(int file) {
  std::string result;
  char piece[16384];
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(file, piece, sizeof piece, at);
    if (got <= 0) return result;
    result.append(piece, static_cast<std::size_t>(got));
    at += got;
  }
}

bool is_handed_on(std::string_view variable) {
  constexpr std::array<std::string_view, 6> kHeldBack{
      "STINT_", "XDG_", "HOME=", "TERM=", "COLUMNS=", "NO_COLOR="};
  return std::ranges::none_of(
      kHeldBack, [&](std::string_view prefix) { return variable.starts_with(prefix); });
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (is_handed_on(*variable)) result.emplace_back(*variable);
  }
  for (const auto& [name, value] : options.environment) {
    result.push_back(fmt::format("{}={}", name, value));
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size());
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

class Process::Impl {
 public:
  explicit Impl(const ProcessOptions& options)
      : in_(memory_file(options.standard_input)), out_(memory_file()), err_(memory_file()) {
    int output = out_.get();
    Descriptor slave;
    if (options.terminal_columns > 0) {
      int ends[2];
      const winsize size{.ws_row = 40,
                         .ws_col = static_cast<unsigned short>(options.terminal_columns),
                         .ws_xpixel = 0,
                         .ws_ypixel = 0};
      if (::openpty(&ends[0], &ends[1], nullptr, nullptr, &size) != 0) fail("openpty", errno);
      terminal_ = Descriptor{ends[0]};
      slave = Descriptor{ends[1]};
      output = ends[1];
    }
    if (options.output_descriptor >= 0) output = options.output_descriptor;
    spawn(options, output);
    pidfd_ = Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
    if (pidfd_.get() < 0) fail("pidfd_open", errno);
  }

  ~Impl() {
    if (reaped_) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  pid_t pid() const { return pid_; }
  int out_file() const { return out_.get(); }
  int err_file() const { return err_.get(); }

  /// Read the terminal meanwhile: it holds 4 KiB, and who writes more waits for its reader.
  bool wait_for_end(std::chrono::milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    pollfd events[2] = {{.fd = pidfd_.get(), .events = POLLIN, .revents = 0},
                        {.fd = terminal_.get(), .events = POLLIN, .revents = 0}};
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (::poll(events, 2, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) {
        return false;
      }
      if (events[0].revents != 0) return true;
      if (events[1].revents != 0 && !read_terminal()) events[1].fd = -1;
    }
  }

  ProcessResult reap(bool timed_out) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    ProcessResult result{.timed_out = timed_out};
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    if (terminal_.get() >= 0) {
      while (read_terminal()) {
      }
    }
    result.out = terminal_.get() >= 0 ? shown_ : contents(out_.get());
    result.err = contents(err_.get());
    return result;
  }

 private:
  void spawn(const ProcessOptions& options, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    ::lseek(in_.get(), 0, SEEK_SET);
    posix_spawn_file_actions_adddup2(&actions, in_.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err_.get(), STDERR_FILENO);
    if (!options.folder.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
    }
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words = options.arguments;
    words.insert(words.begin(), options.program);
    std::vector<std::string> variables = environment_of(options);
    const int problem = ::posix_spawn(&pid_, options.program.c_str(), &actions, &attributes,
                                      pointers(words).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (problem != 0) fail("cannot start " + options.program, problem);
  }

  /// Take what the terminal has; false if there is nothing (any more).
  bool read_terminal() {
    ::fcntl(terminal_.get(), F_SETFL, O_NONBLOCK);
    char piece[4096];
    const ssize_t got = ::read(terminal_.get(), piece, sizeof piece);
    if (got <= 0) return false;
    shown_.append(piece, static_cast<std::size_t>(got));
    return true;
  }

  Descriptor in_;
  Descriptor out_;
  Descriptor err_;
  Descriptor terminal_;
  std::string shown_;  // on the terminal
  Descriptor pidfd_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

Process::Process(const ProcessOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Process::~Process() = default;

pid_t Process::pid() const { return impl_->pid(); }
std::string Process::out() const { return contents(impl_->out_file()); }
std::string Process::err() const { return contents(impl_->err_file()); }
void Process::send_signal(int signal) const { ::kill(impl_->pid(), signal); }
bool Process::has_ended() const { return impl_->wait_for_end(std::chrono::milliseconds{0}); }

ProcessResult Process::wait(std::chrono::milliseconds timeout) {
  const bool ended = impl_->wait_for_end(timeout);
  if (!ended) ::kill(-impl_->pid(), SIGKILL);
  return impl_->reap(!ended);
}

ProcessResult run_process(const ProcessOptions& options, std::chrono::milliseconds timeout) {
  return Process{options}.wait(timeout);
}

}  // namespace stint::test
