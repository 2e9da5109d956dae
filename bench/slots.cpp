#include "slots.hpp"
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <iterator>
#include <random>
#include <stdexcept>
#include <thread>
#include <fmt/format.h>
#include "base/unique_fd.hpp"
#include "child.hpp"
#include "idle_pause.hpp"
#include "slot_page.hpp"
#include "slot_tasks.hpp"
#include "stint/client.hpp"
#include "stint/worker.hpp"
#include "worker_process.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestSlotsWait{20};

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

UniqueFd open_process(pid_t pid) {
  UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) throw std::runtime_error{fmt::format("process {} is gone", pid)};
  return process;
}

/// A worker with one slot in a process of its own, and what is asked of it.
class Served final {
 public:
  Served(const Plan& plan, const StorePlace& place, const char* isolation)
      : child_(start(place, isolation), plan.folder / "served.log"),
        client_(settings_for(place.url), {noop, slots}) {
    if (child_.read_line() != "ready") throw std::runtime_error{"a worker did not begin"};
  }

  /// Enqueue a job of the module `slots`, as the only one that says something.
  JobHandle<> enqueue(const char* task, const json& args = json::object()) {
    clear_slot_page();
    return client_.enqueue(fmt::format("slots.{}", task), args);
  }
  /// Enqueue one and wait until it runs.
  JobHandle<> begin(const char* task) {
    const JobHandle<> job = enqueue(task);
    wait_until_set(slot_page().begun_at);
    return job;
  }
  /// Let the running job end, and the next process get ready.
  static void release(const JobHandle<>& job) {
    slot_page().release = 1;
    expect(job, JobState::kDone);
    for (int i = 0; i < 3; ++i) pause_until_idle();
  }
  static void expect(const JobHandle<>& job, JobState state) {
    if (const JobState found = job.wait_for(kLongestSlotsWait); found != state) {
      throw std::runtime_error{fmt::format("job {} is {} in place of {}", job.id().value,
                                           to_string(found), to_string(state))};
    }
  }

 private:
  static std::vector<std::string> start(const StorePlace& place, const char* isolation) {
    place.make_new();
    return {"/proc/self/exe", "--worker", place.url, "--isolation", isolation, "--serve"};
  }

  Child child_;
  Client client_;
};

// --- From commit to start -----------------------------------------------------------------------

Contestant start_latency(const Plan& plan, const StorePlace& place, const char* isolation) {
  return {.name = fmt::format("{} slot", isolation), .round = [plan, place, isolation] {
            place.make_new();
            const Settings settings = settings_for(place.url, {{"worker.isolation", isolation}});
            Worker worker{settings, {noop, slots}};
            worker.start();
            Client client{settings, {noop, slots}};
            Sample sample{.jobs = plan.latency_jobs};
            // The first ones of each slot begin with the start of its process.
            for (int i = -4; i < plan.latency_jobs; ++i) {
              pause_until_idle();
              clear_slot_page();
              client.enqueue("slots.stamp");
              const auto committed_at = Clock::now();
              const auto begun_at = wait_until_set(slot_page().begun_at);
              const auto waited = std::max(begun_at - committed_at, Clock::duration::zero());
              if (i >= 0) sample.values.push_back(milliseconds(waited));
            }
            worker.stop();
            return sample;
          }};
}

// --- Kills --------------------------------------------------------------------------------------

void kill_slot() { ::kill(slot_page().process, SIGKILL); }

/// Kill the process of the running job; from then until the job that waits behind it runs.
double time_next_start(Served& served, JobHandle<>& behind) {
  const pid_t process = slot_page().process;
  behind = served.enqueue("hold");
  const auto killed_at = Clock::now();
  ::kill(process, SIGKILL);
  return milliseconds(wait_until_set(slot_page().begun_at) - killed_at);
}

double time_with_spare(Served& served) {
  JobHandle<> running = served.begin("hold");
  const double waited = time_next_start(served, running);
  Served::release(running);
  return waited;
}

double time_without_spare(Served& served) {
  JobHandle<> running = served.begin("hold");
  time_next_start(served, running);
  const double waited = time_next_start(served, running);
  Served::release(running);
  return waited;
}

double time_notice(Served& served) {
  const JobHandle<> job = served.begin("hold");
  const auto killed_at = Clock::now();
  kill_slot();
  while (job.state() == JobState::kRunning) {
    if (Clock::now() - killed_at > kLongestSlotsWait)
      throw std::runtime_error{"no crash was noticed"};
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
  const double waited = milliseconds(Clock::now() - killed_at);
  for (int i = 0; i < 3; ++i) pause_until_idle();
  return waited;
}

Contestant killing(std::string name, const Plan& plan, const StorePlace& place,
                   std::function<double(Served&)> kill) {
  return {.name = std::move(name), .round = [plan, place, kill = std::move(kill)] {
            Served served{plan, place, "process"};
            Served::release(served.begin("hold"));
            Sample sample{.jobs = plan.kills};
            for (int i = 0; i < plan.kills; ++i) sample.values.push_back(kill(served));
            return sample;
          }};
}

// --- Aborts -------------------------------------------------------------------------------------

// The worker looks for aborts in turns of half a second: begin in any phase of them.
void pause_within_a_turn() {
  static std::mt19937 random{500};
  std::uniform_int_distribution<int> microseconds{0, 500'000};
  std::this_thread::sleep_for(std::chrono::microseconds{microseconds(random)});
}

/// Counted from before the call: the commit is within it.
Clock::time_point abort(const JobHandle<>& job) {
  pause_within_a_turn();
  const auto asked_at = Clock::now();
  if (!job.abort()) throw std::runtime_error{"a job could not be aborted"};
  return asked_at;
}

double time_stop(Served& served) {
  const JobHandle<> job = served.begin("hold");
  const auto asked_at = abort(job);
  const auto seen_at = wait_until_set(slot_page().stop_seen_at);
  Served::expect(job, JobState::kAborted);
  return milliseconds(seen_at - asked_at);
}

double time_death(Served& served) {
  const JobHandle<> job = served.begin("deaf");
  const UniqueFd process = open_process(slot_page().process);
  const auto asked_at = abort(job);
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  const auto longest = std::chrono::milliseconds{kLongestSlotsWait}.count();
  if (::poll(&ended, 1, static_cast<int>(longest)) != 1) {
    throw std::runtime_error{"an aborted job lives on"};
  }
  const double waited = milliseconds(Clock::now() - asked_at);
  Served::expect(job, JobState::kAborted);
  return waited;
}

Contestant aborting(std::string name, const Plan& plan, const StorePlace& place,
                    double (*abort_one)(Served&)) {
  return {.name = std::move(name), .round = [plan, place, abort_one] {
            Served served{plan, place, "process"};
            Sample sample{.jobs = plan.aborts};
            for (int i = 0; i < plan.aborts; ++i) sample.values.push_back(abort_one(served));
            return sample;
          }};
}

// --- Logs ---------------------------------------------------------------------------------------

/// A task that would write 10,000 lines a second if that cost nothing.
Contestant talking(const Plan& plan, const StorePlace& place, const char* isolation, const char* to,
                   const char* what) {
  return {.name = fmt::format("{} slot, {}", isolation, what),
          .round = [plan, place, isolation, to] {
            static const std::int64_t work = work_of(std::chrono::microseconds{100});
            Served served{plan, place, isolation};
            Served::expect(served.enqueue("stamp"), JobState::kDone);
            const JobHandle<> job =
                served.enqueue("talk", {{"lines", plan.lines}, {"work", work}, {"to", to}});
            Served::expect(job, JobState::kDone);
            const bool keeps = std::string_view{to} != "nowhere";
            const auto kept = static_cast<int>(job.logs().size());
            if (kept != (keeps ? plan.lines : 0)) {
              throw std::runtime_error{fmt::format("{} lines are stored", kept)};
            }
            const Clock::duration took{slot_page().took.load()};
            return Sample{.jobs = plan.lines, .values = {milliseconds(took)}};
          }};
}

std::vector<Figure> figures_of(const std::string& store, const Plan& plan,
                               const StorePlace& place) {
  Contestant threads = worker_drain(plan, place, 1, "thread");
  Contestant processes = worker_drain(plan, place, 1, "process");
  threads.name = "thread slots";
  processes.name = "process slots";
  return {
      {.name = store + "/slots-drain",
       .title = "claim and complete jobs that do nothing, one worker",
       .contestants = {std::move(threads), std::move(processes)}},
      {.name = store + "/slots-latency",
       .title = "from commit to start, the worker idle, in one process",
       .unit = Unit::kMilliseconds,
       .contestants = {start_latency(plan, place, "thread"),
                       start_latency(plan, place, "process")}},
      {.name = store + "/slots-kill",
       .title = "from SIGKILL of a slot's process on",
       .unit = Unit::kMilliseconds,
       .contestants = {killing("next job begins, a spare is ready", plan, place, time_with_spare),
                       killing("next job begins, no spare", plan, place, time_without_spare),
                       killing("crash seen in the store", plan, place, time_notice)}},
      {.name = store + "/slots-abort",
       .title = fmt::format("from the abort by another process on, a grace of {} ms",
                            kServedGrace.count()),
       .unit = Unit::kMilliseconds,
       .contestants = {aborting("the task sees its stop", plan, place, time_stop),
                       aborting("a task deaf to all is dead", plan, place, time_death)}},
      {.name = store + "/slots-log",
       .title = fmt::format("a busy task writes {} lines, one in 0.1 ms", plan.lines),
       .unit = Unit::kMilliseconds,
       .contestants = {talking(plan, place, "process", "nowhere", "lines discarded"),
                       talking(plan, place, "process", "log", "lines logged"),
                       talking(plan, place, "process", "print", "lines printed"),
                       talking(plan, place, "thread", "nowhere", "lines discarded"),
                       talking(plan, place, "thread", "log", "lines logged")}},
  };
}

void must(Figure& figure, std::size_t contestant, Bound bound, double limit, std::size_t over = 0) {
  figure.targets.push_back({.contestant = figure.contestants.at(contestant).name,
                            .bound = bound,
                            .limit = limit,
                            .over = figure.contestants.at(over).name});
}

std::vector<Figure> count_figures(const std::string& store, const Plan& plan,
                                  const StorePlace& place) {
  Figure idle{.name = store + "/slots-count",
              .title = "one worker of so many slots, jobs that do nothing"};
  Figure waiting{.name = store + "/slots-waiting",
                 .title = "one worker of so many slots, jobs that wait for 2 ms"};
  for (const int slots : {1, 2, 4, 8}) {
    idle.contestants.push_back(worker_drain_slots(plan, place, slots, false));
    waiting.contestants.push_back(worker_drain_slots(plan, place, slots, true));
  }
  return {std::move(idle), std::move(waiting)};
}

}  // namespace

std::vector<Figure> slot_figures(const std::string& store, const Plan& plan,
                                 const StorePlace& place) {
  std::vector<Figure> figures = figures_of(store, plan, place);
  must(figures[0], 1, Bound::kLeastRatio, 0.5);
  must(figures[1], 1, Bound::kGreatestExtra, 0.3);
  must(figures[2], 0, Bound::kGreatestP50, 20);
  must(figures[2], 1, Bound::kGreatestP50, 20);
  must(figures[2], 2, Bound::kGreatestP50, 100);
  must(figures[3], 0, Bound::kGreatestValue, 500);
  must(figures[3], 1, Bound::kGreatestValue, static_cast<double>(kServedGrace.count()) + 1000);
  must(figures[4], 1, Bound::kGreatestRatio, 1.1);
  must(figures[4], 2, Bound::kGreatestRatio, 1.1);
  must(figures[4], 4, Bound::kGreatestRatio, 1.1, 3);
  std::ranges::move(count_figures(store, plan, place), std::back_inserter(figures));
  return figures;
}

}  // namespace stint::bench
