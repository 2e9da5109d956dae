#include "cli/signals.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>
#include "cli/output.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

// What the handler may touch: the pipe's writing end, and nothing that locks.
std::atomic<int> g_pipe{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int signal) {
  const int saved = errno;
  const int pipe = g_pipe.load(std::memory_order_relaxed);
  const auto byte = static_cast<unsigned char>(signal);
  // A full pipe already holds more signals than anybody needs.
  if (pipe >= 0 && ::write(pipe, &byte, 1) < 0) errno = saved;
  errno = saved;
}

constexpr unsigned char kEndByte = 0;

}  // namespace

class SignalWatcher::Impl {
 public:
  explicit Impl(Handle handle) : handle_(std::move(handle)) {
    if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) {
      throw Error{ErrorCode::kInternal,
                  std::string{"cannot make a pipe for signals: "} + std::strerror(errno)};
    }
    // The thread waits in read; only the handler's end must not.
    ::fcntl(pipe_[0], F_SETFL, 0);
    g_pipe.store(pipe_[1]);
    thread_ = std::thread{[this] { watch(); }};
    struct sigaction action{};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART;  // a task's own calls are not to fail with EINTR
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &former_int_);
    ::sigaction(SIGTERM, &action, &former_term_);
  }

  ~Impl() {
    if (is_deaf_) {
      // Not SIG_IGN: a program that is started meanwhile would inherit that.
      former_int_.sa_handler = [](int) {};
      former_term_.sa_handler = [](int) {};
    }
    ::sigaction(SIGINT, &former_int_, nullptr);
    ::sigaction(SIGTERM, &former_term_, nullptr);
    while (::write(pipe_[1], &kEndByte, 1) < 0 && (errno == EINTR || errno == EAGAIN)) {
    }
    thread_.join();
    g_pipe.store(-1);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  int first_signal() const { return first_.load(); }
  void stay_deaf() { is_deaf_ = true; }

 private:
  void watch() noexcept {
    int count = 0;
    unsigned char byte = kEndByte;
    for (;;) {
      const ssize_t got = ::read(pipe_[0], &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || byte == kEndByte) return;
      int none = 0;
      first_.compare_exchange_strong(none, byte);
      try {
        handle_(byte, ++count);
      } catch (const std::exception& error) {
        write_error_line(error.what());
      }
    }
  }

  Handle handle_;
  int pipe_[2] = {-1, -1};
  std::thread thread_;
  std::atomic<int> first_{0};
  bool is_deaf_ = false;
  struct sigaction former_int_{};
  struct sigaction former_term_{};
};

SignalWatcher::SignalWatcher(Handle handle) : impl_(std::make_unique<Impl>(std::move(handle))) {}
SignalWatcher::~SignalWatcher() = default;

int SignalWatcher::first_signal() const { return impl_->first_signal(); }
void SignalWatcher::stay_deaf() const { impl_->stay_deaf(); }

void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free is this one, as those below it are taken by now.
    static_cast<void>(
        ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));  // NOLINT
  }
}

void ignore_closed_pipes() {
  struct sigaction action{};
  // Not SIG_IGN: a program that a task starts would inherit that.
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace stint::cli
