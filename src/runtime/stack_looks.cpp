#include "runtime/stack_looks.hpp"
#include <unistd.h>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "base/log.hpp"
#include "core/stack_answer.hpp"
#include "process/find_children.hpp"
#include "process/own_stack.hpp"
#include "process/thread_stacks.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The longest look: whoever asked waits for ten seconds, and the end of a worker for its look.
constexpr std::chrono::seconds kLongestLook{5};
constexpr std::size_t kMostProcesses = 50;
constexpr std::size_t kMostLines = 5000;

/// Write the lines of one look, as many as may be.
class Answer final {
 public:
  explicit Answer(JobRun& run) : run_(run) {}

  void add(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) add(line);
  }
  void add(std::string_view line) {
    if (lines_ == kMostLines) run_.add_stack_line("more is not shown");
    if (lines_++ < kMostLines) run_.add_stack_line(line);
  }

 private:
  JobRun& run_;
  std::size_t lines_ = 0;
};

/// The process and everything that it has started and that did not detach itself. A slot's process
/// takes other jobs later: what is seen while this one has not ended is of this one.
void look_at_processes(const JobRun& run, const ChildView& child, Answer& answer) {
  const SteadyClock::time_point deadline = SteadyClock::now() + kLongestLook;
  const pid_t root = child.pid();
  const std::vector<pid_t> processes = find_descendants(root);
  std::size_t shown = 0;
  for (const pid_t process : processes) {
    if (shown == kMostProcesses || SteadyClock::now() >= deadline) break;
    const auto is_the_same = [&] {
      return !run.has_ended() && !child.has_ended() && descends_from(process, root);
    };
    ++shown;
    if (!is_the_same()) continue;  // it ended since it was found
    const ProcessStacks stacks = read_stacks(process, is_the_same, deadline);
    log_debug("worker", "looked at {} threads of process {}, each halted for {} us at most",
              stacks.threads.size(), process,
              std::chrono::duration_cast<std::chrono::microseconds>(stacks.longest_halt).count());
    answer.add(stack_lines(stacks));
  }
  if (shown < processes.size()) {
    answer.add(fmt::format("{} more processes are not shown", processes.size() - shown));
  }
}

void look_at(const JobRun& run, Answer& answer) {
  const RunPlace place = run.place();
  if (place.process) {
    look_at_processes(run, *place.process, answer);
    if (place.process->has_ended()) {
      answer.add(fmt::format("process {} has ended", place.process->pid()));
    }
  } else if (place.thread != 0) {
    const ThreadStack stack = read_own_stack(place.thread);
    if (run.has_ended()) return;  // the thread may have been at something else by then
    answer.add(fmt::format("thread slot of the worker's process {}", ::getpid()));
    answer.add(stack_lines(stack));
  } else {
    answer.add("it waits for a process to run in");
  }
}

}  // namespace

StackLooks::StackLooks(std::function<void()> on_answer) : on_answer_(std::move(on_answer)) {}

StackLooks::~StackLooks() {
  {
    const MutexLock lock{mutex_};
    asked_.clear();
  }
  if (thread_.joinable()) thread_.join();
}

void StackLooks::add(std::shared_ptr<JobRun> run, int look) {
  {
    const MutexLock lock{mutex_};
    asked_.push_back({std::move(run), look});
    if (is_working_) return;
    is_working_ = true;
  }
  if (thread_.joinable()) thread_.join();  // it has nothing more to do
  try {
    thread_ = std::thread{[this] { work(); }};
  } catch (const std::system_error& error) {
    log_warning("worker", "no thread for a look at stacks: {}", error.what());
    const MutexLock lock{mutex_};
    asked_.clear();
    is_working_ = false;
  }
}

void StackLooks::work() noexcept {
  for (;;) {
    Asked next;
    {
      const MutexLock lock{mutex_};
      if (asked_.empty()) {
        is_working_ = false;
        return;
      }
      next = std::move(asked_.front());
      asked_.pop_front();
    }
    try {
      next.run->add_stack_line(begin_of_stacks(next.look));
      Answer answer{*next.run};
      try {
        look_at(*next.run, answer);
      } catch (const Error& error) {
        answer.add(error.what());
      }
      if (next.run->has_ended()) answer.add("the job ended meanwhile");
      next.run->add_stack_line(end_of_stacks(next.look));
      on_answer_();
    } catch (const std::exception& error) {
      // The lines are kept where the store was only away for a while.
      log_warning("worker", "a look at the stacks of job {}: {}", next.run->id().value,
                  error.what());
    }
  }
}

}  // namespace stint
