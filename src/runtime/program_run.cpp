#include "runtime/program_run.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include "base/unique_fd.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

// Where nothing is due: a look at the clock now and then costs nothing.
constexpr nanoseconds kLongestProgramWait = std::chrono::seconds{10};
// How soon to look again whether there is room for what the program prints.
constexpr nanoseconds kRoomLook = std::chrono::milliseconds{20};

/// Wakes a poll() from any thread.
class Event final {
 public:
  Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!descriptor_) {
      throw Error{ErrorCode::kUnavailable,
                  std::string{"no descriptor for an event: "} + std::strerror(errno)};
    }
  }
  int descriptor() const { return descriptor_.get(); }
  void raise() const noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(::write(descriptor_.get(), &one, sizeof one) < 0);
  }
  void clear() const noexcept {
    std::uint64_t count = 0;
    static_cast<void>(::read(descriptor_.get(), &count, sizeof count) < 0);
  }

 private:
  const UniqueFd descriptor_;
};

/// First asks, then kills.
class StopLadder final {
 public:
  StopLadder(ChildProcess& child, const ProgramRun& run, const Clock& clock)
      : child_(child), run_(run), clock_(clock) {
    if (run.timeout) deadline_ = clock.boot_now() + *run.timeout;
  }

  /// Do what is due.
  void look() {
    const nanoseconds now = clock_.boot_now();
    if (!kill_at_ && run_.stop.stop_requested()) ask(now);
    if (!kill_at_ && deadline_ && now >= *deadline_) {
      timed_out_ = true;
      ask(now);
    }
    if (!is_killed_ && (run_.kill.stop_requested() || (kill_at_ && now >= *kill_at_))) {
      is_killed_ = true;
      child_.kill();
    }
  }

  nanoseconds until_due() const {
    if (is_killed_) return kLongestProgramWait;
    const std::optional<nanoseconds>& next = kill_at_ ? kill_at_ : deadline_;
    if (!next) return kLongestProgramWait;
    return std::clamp(*next - clock_.boot_now(), nanoseconds{0}, kLongestProgramWait);
  }

  bool timed_out() const { return timed_out_; }

 private:
  void ask(nanoseconds now) {
    kill_at_ = now + run_.grace;
    child_.signal_group(run_.stop_signal());
    child_.signal_group(SIGCONT);  // one that is stopped could not answer
  }

  ChildProcess& child_;
  const ProgramRun& run_;
  const Clock& clock_;
  std::optional<nanoseconds> deadline_;
  std::optional<nanoseconds> kill_at_;
  bool is_killed_ = false;
  bool timed_out_ = false;
};

SpawnOptions spawn_options(const ProgramRun& run) {
  SpawnOptions options = run.program;
  if (run.capture != nullptr) {
    options.descriptors.emplace_back(STDOUT_FILENO, run.capture->out());
    options.descriptors.emplace_back(STDERR_FILENO, run.capture->error());
  } else {
    for (const int same : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      // One that is closed here is /dev/null there.
      if (::fcntl(same, F_GETFD) >= 0) options.descriptors.emplace_back(same, same);
    }
  }
  return options;
}

/// Wait until the program has ended, printed something that may be read, or `event` was raised.
void wait(const ChildProcess& child, const Event& event, const OutputCapture* reading,
          nanoseconds longest) {
  std::array<pollfd, 4> watched{{{.fd = child.ended_descriptor(), .events = POLLIN, .revents = 0},
                                 {.fd = event.descriptor(), .events = POLLIN, .revents = 0},
                                 {.fd = -1, .events = POLLIN, .revents = 0},
                                 {.fd = -1, .events = POLLIN, .revents = 0}}};
  if (reading != nullptr) {
    watched[2].fd = reading->out_descriptor();
    watched[3].fd = reading->error_descriptor();
    longest = std::min(longest, reading->until_due());
  }
  longest = std::max(longest, nanoseconds{0});
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{.tv_sec = whole.count(), .tv_nsec = (longest - whole).count()};
  // An interruption is one more look.
  static_cast<void>(::ppoll(watched.data(), watched.size(), &timeout, nullptr));
  event.clear();
}

}  // namespace

ProgramEnd run_program(Keeper& keeper, const ProgramRun& run, const Clock& clock) {
  const Event event;
  SpawnOptions options = spawn_options(run);
  if (run.deadline != nullptr) options.deadline = run.deadline->time();
  const std::unique_ptr<ChildProcess> child = keeper.spawn(options);
  const AttachedDeadline attached{run.deadline, *child};
  if (run.on_started) run.on_started(*child);
  if (run.capture != nullptr) run.capture->close_write_ends();
  const std::stop_callback on_stop{run.stop, [&event] { event.raise(); }};
  const std::stop_callback on_kill{run.kill, [&event] { event.raise(); }};
  StopLadder ladder{*child, run, clock};
  std::optional<ExitStatus> status;
  while (!(status = child->status())) {
    ladder.look();
    nanoseconds longest = ladder.until_due();
    const bool reads = run.capture != nullptr && (!run.may_read || run.may_read());
    if (run.capture != nullptr && !reads) longest = std::min(longest, kRoomLook);
    wait(*child, event, reads ? run.capture : nullptr, longest);
    if (reads) run.capture->read_some();
  }
  if (run.capture != nullptr) run.capture->finish();
  return {.status = *status, .timed_out = ladder.timed_out()};
}

}  // namespace stint
