#include "process/crash_report.hpp"
#include <execinfo.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t kStackBytes = std::size_t{64} << 10;
constexpr int kMostFrames = 64;
constexpr std::size_t kMostBytes = std::size_t{64} << 10;
// The handler and what called it.
constexpr int kOwnFrames = 1;

int report_descriptor = -1;

// Only what may be called in a signal handler: backtrace has been called before, so that it loads
// nothing now.
void write_stack(int signal) {
  std::array<void*, kMostFrames> frames{};
  const int count = ::backtrace(frames.data(), kMostFrames);
  if (count > kOwnFrames) {
    ::backtrace_symbols_fd(frames.data() + kOwnFrames, count - kOwnFrames, report_descriptor);
  }
  ::raise(signal);  // SA_RESETHAND: by the default now
}

}  // namespace

UniqueFd make_crash_report() {
  UniqueFd file{::memfd_create("stint-crash-report", MFD_CLOEXEC)};
  if (!file) {
    throw Error{ErrorCode::kUnavailable,
                std::string{"cannot make a file in memory: "} + std::strerror(errno),
                {.retryable = true}};
  }
  return file;
}

void install_crash_report(int descriptor) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static_cast<void>(descriptor);
#else
  report_descriptor = descriptor;
  std::array<void*, 1> first{};
  ::backtrace(first.data(), 1);  // loads what it needs
  // A task that has used up its stack needs another one here. Never freed: a signal may always
  // come.
  static const std::unique_ptr<char[]> stack{new char[kStackBytes]};
  stack_t alternative{};
  alternative.ss_sp = stack.get();
  alternative.ss_size = kStackBytes;
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action{};
  action.sa_handler = &write_stack;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
#endif
}

std::vector<std::string> read_crash_report(int descriptor) {
  std::string text(kMostBytes, '\0');
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace stint
