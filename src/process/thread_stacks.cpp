#include "process/thread_stacks.hpp"
#include <algorithm>
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <fmt/format.h>
#include "process/dwfl_library.hpp"
#include "process/halted_thread.hpp"
#include "process/stack_symbols.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostThreadFrames = 200;
constexpr std::size_t kMostThreads = 200;
constexpr std::size_t kLongestThreadName = 300;
constexpr nanoseconds kPatience = std::chrono::seconds{1};

/// An address and whether it is one that a call returns to.
using RawFrame = std::pair<std::uint64_t, bool>;

struct Unwinding {
  const DwflLibrary& dwfl;
  std::vector<RawFrame> frames = {};
  bool is_cut = false;
};

int add_frame(Dwfl_Frame* state, void* to) {
  auto& unwinding = *static_cast<Unwinding*>(to);
  Dwarf_Addr address = 0;
  bool is_exact = false;
  if (!unwinding.dwfl.frame_address(state, &address, &is_exact)) return DWARF_CB_ABORT;
  if (unwinding.frames.size() == kMostThreadFrames) {
    unwinding.is_cut = true;
    return DWARF_CB_ABORT;
  }
  unwinding.frames.emplace_back(address, !is_exact);
  return DWARF_CB_OK;
}

std::string read_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

std::string program_of(pid_t process) {
  const std::string text = read_text(fmt::format("/proc/{}/cmdline", process));
  return text.substr(0, std::min(text.find('\0'), kLongestThreadName));
}

std::vector<pid_t> threads_of(pid_t process) {
  std::vector<pid_t> threads;
  std::error_code error;
  for (fs::directory_iterator entry{fmt::format("/proc/{}/task", process), error}, end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t thread = 0;
    const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), thread);
    if (problem == std::errc{}) threads.push_back(thread);
  }
  std::ranges::sort(threads);
  return threads;
}

/// Call it on a thread of its own and wait for that. The end of a thread lets go of all that it
/// traces, whatever else fails, also of what did not halt in time and may do so later.
template <typename Function>
void call_apart(Function&& function) {
  std::exception_ptr failure;
  try {
    std::thread{[&] {
      try {
        function();
      } catch (...) {
        failure = std::current_exception();
      }
    }}.join();
  } catch (const std::system_error& error) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("no thread for a look at stacks: {}", error.what())};
  }
  if (failure) std::rethrow_exception(failure);
}

/// One look at one process.
class Look final {
 public:
  Look(pid_t process, const std::function<bool()>& is_the_same, SteadyClock::time_point deadline)
      : library_(dwfl_library()), is_the_same_(is_the_same), deadline_(deadline) {
    result_.process = process;
  }

  void run() {
    const pid_t process = result_.process;
    result_.program = program_of(process);
    std::optional<StackSymbols> symbols;
    try {
      symbols.emplace(process);
    } catch (const Error& error) {
      result_.problem = error.what();
      return;
    }
    if (library_.attach_process(symbols->handle(), process, true) != 0) {
      result_.problem = fmt::format("its stacks cannot be read: {}", library_.error_text(-1));
      return;
    }
    symbols->load_unwind_tables();
    for (const pid_t thread : threads_of(process)) {
      if (result_.threads.size() == kMostThreads) {
        result_.problem = fmt::format("it has more threads than the {} shown", kMostThreads);
        break;
      }
      if (SteadyClock::now() >= deadline_) {
        result_.problem = "there was no time for all of its threads";
        break;
      }
      if (!add(thread, *symbols)) break;
    }
    if (result_.threads.empty() && result_.problem.empty()) result_.problem = "it has ended";
  }

  ProcessStacks take() { return std::move(result_); }

 private:
  /// False: the process is another one by now.
  bool add(pid_t thread, const StackSymbols& symbols) {
    ThreadStack stack{.thread = thread, .name = thread_status(result_.process, thread, "Name")};
    Unwinding unwinding{.dwfl = library_};
    Found found = Found::kGone;
    call_apart([&] { found = unwind(stack, symbols, unwinding); });
    if (found == Found::kOther) result_.problem = "it has ended";
    if (found != Found::kThread) return found == Found::kGone;
    stack.is_cut = unwinding.is_cut;
    for (const auto& [address, is_return_address] : unwinding.frames) {
      stack.frames.push_back(symbols.find(address, is_return_address));
    }
    result_.threads.push_back(std::move(stack));
    return true;
  }

  enum class Found : std::uint8_t { kThread, kGone, kOther };

  Found unwind(ThreadStack& stack, const StackSymbols& symbols, Unwinding& to) {
    const SteadyClock::time_point before = SteadyClock::now();
    const HaltedThread halted{result_.process, stack.thread, kPatience};
    if (halted.is_gone()) return Found::kGone;
    if (!is_the_same_()) return Found::kOther;
    stack.problem = halted.problem();
    if (!halted.is_halted()) return Found::kThread;
    if (library_.thread_frames(symbols.handle(), stack.thread, &add_frame, &to) < 0) {
      stack.problem = library_.error_text(-1);
    }
    result_.longest_halt = std::max<nanoseconds>(result_.longest_halt, SteadyClock::now() - before);
    return Found::kThread;
  }

  const DwflLibrary& library_;
  const std::function<bool()>& is_the_same_;
  const SteadyClock::time_point deadline_;
  ProcessStacks result_;
};

std::string frame_line(std::size_t number, const StackFrame& frame) {
  std::string line = fmt::format("  #{:<2} ", number);
  if (frame.function.empty()) {
    line += fmt::format("{:#x}", frame.address);
  } else {
    line += fmt::format("{}+{:#x}", frame.function, frame.function_offset);
  }
  if (!frame.source.empty()) line += " at " + frame.source;
  if (!frame.module.empty()) line += fmt::format(" ({}+{:#x})", frame.module, frame.module_offset);
  return line;
}

}  // namespace

ProcessStacks read_stacks(pid_t process, const std::function<bool()>& is_the_same,
                          SteadyClock::time_point deadline) {
  Look look{process, is_the_same, deadline};
  look.run();
  return look.take();
}

std::vector<std::string> stack_lines(const ThreadStack& stack) {
  std::vector<std::string> lines{fmt::format("thread {} \"{}\"", stack.thread, stack.name)};
  for (std::size_t i = 0; i < stack.frames.size(); ++i) {
    lines.push_back(frame_line(i, stack.frames[i]));
  }
  if (stack.is_cut) lines.emplace_back("  (deeper frames are not shown)");
  if (!stack.problem.empty()) {
    lines.push_back(fmt::format(
        "  ({}{})", stack.frames.empty() ? "" : "the rest is not known: ", stack.problem));
  }
  return lines;
}

std::vector<std::string> stack_lines(const ProcessStacks& stacks) {
  std::vector<std::string> lines{fmt::format("process {}{}{}", stacks.process,
                                             stacks.program.empty() ? "" : ": ", stacks.program)};
  for (const ThreadStack& stack : stacks.threads) {
    std::ranges::move(stack_lines(stack), std::back_inserter(lines));
  }
  if (!stacks.problem.empty()) lines.push_back(fmt::format("  ({})", stacks.problem));
  return lines;
}

}  // namespace stint
