#include "process/own_stack.hpp"
#include <dlfcn.h>
#include <execinfo.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <optional>
#include <span>
#include <string_view>
#include <fmt/format.h>
#include "base/mutex.hpp"
#include "process/halted_thread.hpp"
#include "process/stack_symbols.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kMostOwnFrames = 200;
constexpr std::chrono::nanoseconds kPause = std::chrono::milliseconds{1};
constexpr std::int64_t kSecond = 1'000'000'000;
// Where the interrupted function cannot be told: the handler, and what the kernel calls it by.
constexpr std::size_t kSkippedFrames = 2;

/// What the handler fills. A look that was given up may still be answered, much later: its number
/// then is not the one that is waited for.
struct Answer {
  std::array<void*, kMostOwnFrames> frames{};
  std::atomic<int> count{0};
  std::uintptr_t interrupted = 0;
  std::atomic<int> awaited{0};  // 0: no look; taken by the handler that answers
  std::atomic<int> answered{0};
  sem_t posted{};  // at each answer
};
Answer answer;

std::uintptr_t interrupted_address(void* context) {
#if defined(__x86_64__)
  const auto* const known = static_cast<const ucontext_t*>(context);
  return static_cast<std::uintptr_t>(known->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<const ucontext_t*>(context)->uc_mcontext.pc;
#else
  static_cast<void>(context);
  return 0;
#endif
}

// Only what may be called in a signal handler: backtrace has been called before, so that it loads
// nothing now.
void write_down(int /*signal*/, siginfo_t* info, void* context) {
  const int before = errno;
  int look = info->si_value.sival_int;
  if (info->si_pid == ::getpid() && look != 0 && answer.awaited.compare_exchange_strong(look, 0)) {
    answer.interrupted = interrupted_address(context);
    answer.count = ::backtrace(answer.frames.data(), kMostOwnFrames);
    answer.answered = look;
    ::sem_post(&answer.posted);
  }
  errno = before;
}

/// Find a signal that nobody else has a use for, and take it; nothing if there is none.
std::optional<int> take_signal() {
  static int taken = 0;
  for (int signal = taken != 0 ? taken : SIGRTMAX - 2; signal > SIGRTMIN; --signal) {
    struct sigaction present{};
    ::sigaction(signal, nullptr, &present);
    const bool is_ours =
        (present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == &write_down;
    const bool is_free = (present.sa_flags & SA_SIGINFO) == 0 && present.sa_handler == SIG_DFL;
    if (!is_ours && !is_free) continue;
    if (is_free) {
      struct sigaction action{};
      action.sa_sigaction = &write_down;
      action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
      ::sigfillset(&action.sa_mask);
      ::sigaction(signal, &action, nullptr);
    }
    taken = signal;
    return signal;
  }
  return std::nullopt;
}

bool send(pid_t thread, int signal, int look) {
  siginfo_t info{};
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = look;
  return ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), thread, signal, &info) == 0;
}

/// The same by the dynamic linker alone.
StackFrame find_plainly(std::uint64_t address) {
  StackFrame frame{.address = address};
  Dl_info info{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast,performance-no-int-to-ptr)
  if (::dladdr(reinterpret_cast<void*>(address), &info) == 0) return frame;
  const auto number = [](const void* at) {
    return reinterpret_cast<std::uintptr_t>(at);
  };  // NOLINT
  if (info.dli_fname != nullptr) {
    const std::string_view path{info.dli_fname};
    frame.module = path.substr(path.rfind('/') + 1);
    frame.module_offset = address - number(info.dli_fbase);
  }
  if (info.dli_sname != nullptr) {
    frame.function = info.dli_sname;
    frame.function_offset = address - number(info.dli_saddr);
  }
  return frame;
}

void name_frames(std::span<void* const> raw, std::uintptr_t interrupted, ThreadStack& to) {
  std::optional<StackSymbols> symbols;
  try {
    symbols.emplace(::getpid());
  } catch (const Error&) {
    symbols.reset();  // the library is not there: see `find_plainly`
  }
  const auto address_of = [](void* at) { return reinterpret_cast<std::uintptr_t>(at); };  // NOLINT
  const auto first = std::ranges::find(raw, interrupted, address_of);
  const bool is_known = first != raw.end();
  const std::size_t skipped = is_known ? static_cast<std::size_t>(first - raw.begin())
                                       : std::min(kSkippedFrames, raw.size());
  for (std::size_t i = skipped; i < raw.size(); ++i) {
    const std::uintptr_t address = address_of(raw[i]);
    const bool is_exact = is_known && i == skipped;
    to.frames.push_back(symbols ? symbols->find(address, !is_exact) : find_plainly(address));
  }
}

bool wait_for_answer(int look, std::chrono::nanoseconds patience) {
  const SteadyClock::time_point end = SteadyClock::now() + patience;
  while (answer.answered != look) {
    if (SteadyClock::now() >= end) {
      int awaited = look;
      // From here on it comes too late, unless its handler works already.
      if (answer.awaited.compare_exchange_strong(awaited, 0)) return false;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(end - SteadyClock::now());
    timespec until{};
    ::clock_gettime(CLOCK_MONOTONIC, &until);
    const std::int64_t at = until.tv_nsec + std::max<std::int64_t>(left.count(), kPause.count());
    until.tv_sec += at / kSecond;
    until.tv_nsec = at % kSecond;
    ::sem_clockwait(&answer.posted, CLOCK_MONOTONIC, &until);  // an early return is one more look
  }
  return true;
}

}  // namespace

ThreadStack read_own_stack(pid_t thread, std::chrono::nanoseconds patience) {
  static Mutex one_at_a_time;
  static int last_look = 0;
  const MutexLock lock{one_at_a_time};
  ThreadStack stack{.thread = thread, .name = thread_status(::getpid(), thread, "Name")};
  const std::optional<int> signal = take_signal();
  if (!signal) {
    stack.problem = "the program uses every real-time signal itself";
    return stack;
  }
  std::array<void*, 1> first{};
  ::backtrace(first.data(), 1);  // loads what it needs
  if (last_look == 0) ::sem_init(&answer.posted, 0, 0);
  const int look = ++last_look;
  answer.awaited = look;
  if (!send(thread, *signal, look)) {
    stack.problem = errno == ESRCH ? "it has ended" : std::strerror(errno);
    answer.awaited = 0;
    return stack;
  }
  if (!wait_for_answer(look, patience)) {
    stack.problem =
        fmt::format("it does not answer a signal: {}", thread_state(::getpid(), thread));
    return stack;
  }
  const std::span<void* const> raw{answer.frames.data(), static_cast<std::size_t>(answer.count)};
  stack.is_cut = raw.size() == answer.frames.size();
  name_frames(raw, answer.interrupted, stack);
  return stack;
}

}  // namespace stint
