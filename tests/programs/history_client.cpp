// Use a store as clients and workers do, at random, and write down what was asked and replied:
// history_client STORE_URL HISTORY SEED. A thread enqueues and aborts, another is a worker that
// forgets, delays and repeats what it has to bring. On SIGTERM both stop, and the program ends.
#include <pthread.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <semaphore>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "stint/error.hpp"
#include "support/recording_store.hpp"

namespace {

using namespace stint;
using test::RecordingStore;

constexpr std::size_t kMostHeld = 6;

/// Draw numbers as the seed says.
class Chance final {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  bool in(double share) { return std::bernoulli_distribution{share}(random_); }
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
  }

 private:
  std::mt19937_64 random_;
};

/// Call until the store answers. What is refused or unknown is written down as such.
bool try_once(const std::function<void()>& call) {
  try {
    call();
    return true;
  } catch (const Error& error) {
    if (!error.retryable()) throw;
    return false;
  }
}

/// How many jobs may be enqueued and not claimed yet: the same job is to be in many hands.
using Room = std::counting_semaphore<>;
constexpr std::ptrdiff_t kRoom = 30;

/// Enqueues, keyed and not, and aborts.
class Caller final {
 public:
  Caller(RecordingStore& store, Room& room, std::uint64_t seed)
      : store_(store), room_(room), chance_(seed) {}

  void act() {
    if (!room_.try_acquire_for(std::chrono::milliseconds{100})) return;
    std::vector<NewJob> jobs;
    for (std::size_t i = 0; i <= chance_.below(3); ++i) {
      NewJob job{.task = "t.run", .max_attempts = 100};
      const std::string name = fmt::format("{}.{}", ::getpid(), ++count_);
      (chance_.in(0.3) ? job.idempotency_key : job.tags.emplace_back()) = name;
      jobs.push_back(std::move(job));
    }
    try_once([&] {
      for (const Enqueued& one : store_.enqueue(jobs)) ids_.push_back(one.id);
    });
    // A key may be sent again, whatever became of the first time.
    if (!jobs.front().idempotency_key.empty() && chance_.in(0.5)) {
      jobs.resize(1);
      try_once([&] { store_.enqueue(jobs); });
    }
    if (!ids_.empty() && chance_.in(0.15)) {
      const JobId id = ids_[ids_.size() - 1 - chance_.below(std::min<std::size_t>(ids_.size(), 8))];
      try_once([&] { store_.abort(id, "by chance"); });
    }
  }

 private:
  RecordingStore& store_;
  Room& room_;
  Chance chance_;
  int count_ = 0;
  std::vector<JobId> ids_;
};

/// Claims, and brings what it has claimed sooner or later, be it its own or not any more.
class Claimant final {
 public:
  Claimant(RecordingStore& store, Room& room, std::uint64_t seed)
      : store_(store), room_(room), chance_(seed) {}

  void act() {
    if (!worker_) {
      try_once([&] { worker_ = store_.register_worker({.node = "n1", .pid = ::getpid()}); });
      return;
    }
    std::vector<Completion> completions;
    while (!held_.empty() && (held_.size() >= kMostHeld || chance_.in(0.6))) {
      completions.push_back(completion_of(take_held()));
    }
    ClaimRequest request{.worker = worker_, .node = "n1", .tasks = {"t.run"}, .limit = 3};
    Exchange result;
    const bool is_told = try_once(
        [&] { result = store_.exchange(completions, chance_.in(0.9) ? &request : nullptr); });
    // What is not known to be written is brought again.
    if (!is_told) repeated_ = completions;
    if (!result.claimed.empty()) room_.release();
    for (ClaimedJob& job : result.claimed) begin(std::move(job));
    if (!repeated_.empty() && chance_.in(0.5)) {
      if (try_once([&] { store_.exchange(repeated_, nullptr); })) repeated_.clear();
    }
    if (chance_.in(0.2)) beat();
    if (chance_.in(0.02)) {
      try_once([&] { store_.retire_worker(worker_); });
      worker_ = {};
    }
  }

 private:
  struct Held {
    ClaimedJob job;
    bool was_begun = false;
    bool is_to_stop = false;
  };

  void begin(ClaimedJob job) {
    Held held{.job = std::move(job)};
    if (chance_.in(0.1)) look_for_aborts();
    // Those that are given back without having begun are few.
    if (!told_.contains(held.job.id) && chance_.in(0.9)) {
      store_.note_start(held.job, worker_);
      held.was_begun = true;
    }
    held_.push_back(std::move(held));
  }

  void look_for_aborts() {
    JobRequests requests;
    if (!try_once([&] { requests = store_.job_requests(worker_); })) return;
    for (const AbortRequest& one : requests.aborts) told_.insert(one.id);
  }

  void beat() {
    look_for_aborts();
    bool is_alive = true;
    if (try_once([&] { is_alive = store_.beat(worker_, {}); }) && !is_alive) worker_ = {};
  }

  Held take_held() {
    const auto one = held_.begin() + static_cast<std::ptrdiff_t>(chance_.below(held_.size()));
    Held held = std::move(*one);
    held_.erase(one);
    return held;
  }

  Completion completion_of(const Held& held) {
    Completion completion{.id = held.job.id,
                          .epoch = held.job.epoch,
                          .started = held.was_begun,
                          .output = std::to_string(held.job.epoch.value)};
    if (told_.contains(held.job.id)) {
      completion.outcome = Outcome::kAborted;
    } else if (!held.was_begun || chance_.in(0.1)) {
      completion.outcome = Outcome::kInterrupted;
    } else if (chance_.in(0.1)) {
      completion.outcome = Outcome::kFailed;
      completion.cause = "error";
    } else if (chance_.in(0.1)) {
      completion.outcome = Outcome::kSnoozed;
    } else if (chance_.in(0.03)) {
      completion.outcome = Outcome::kRejected;
    }
    if (completion.outcome != Outcome::kDone) completion.output.clear();
    return completion;
  }

  RecordingStore& store_;
  Room& room_;
  Chance chance_;
  WorkerId worker_;
  std::vector<Held> held_;
  std::vector<Completion> repeated_;
  std::set<JobId> told_;
};

int run(const std::string& url, const std::string& history_path, std::uint64_t seed) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  test::HistoryWriter history{history_path};
  std::unique_ptr<Store> real;
  // Through a bad network the first connections may not come about.
  while (!real) try_once([&] { real = open_store({.url = url}); });
  RecordingStore store{*real, history};
  std::atomic<bool> is_over{false};
  const auto act_on = [&](auto actor) {
    return std::thread{[&is_over, actor]() mutable {
      while (!is_over) actor.act();
    }};
  };
  Room room{kRoom};
  std::thread caller = act_on(Caller{store, room, seed});
  std::thread claimant = act_on(Claimant{store, room, seed + 1});
  std::puts("ready");
  std::fflush(stdout);
  int number = 0;
  ::sigwait(&ends, &number);
  is_over = true;
  caller.join();
  claimant.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    return run(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "history_client: %s\n", error.what());
    return 1;
  }
}
