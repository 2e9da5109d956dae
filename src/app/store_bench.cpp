#include "app/store_bench.hpp"
#include <algorithm>
#include <random>
#include <thread>
#include <utility>
#include <fmt/format.h>
#include "app/worker_setup.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/uuid.hpp"
#include "core/store.hpp"
#include "runtime/job_worker.hpp"
#include "stint/error.hpp"
#include "stint/stint.hpp"

namespace stint {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

/// When jobs began; they run on threads of this process. Nothing while none has.
class Begun final {
 public:
  void clear() {
    const MutexLock lock{mutex_};
    first_ = {};
    last_ = {};
  }
  void note() {
    const SteadyClock::time_point now = SteadyClock::now();
    const MutexLock lock{mutex_};
    if (!first_) first_ = now;
    last_ = now;
    changed_.notify_all();
  }
  std::optional<SteadyClock::time_point> first() {
    const MutexLock lock{mutex_};
    return first_;
  }
  /// Wait until one has begun; nothing if none has until then.
  std::optional<SteadyClock::time_point> wait_until(SteadyClock::time_point until) {
    MutexLock lock{mutex_};
    while (!last_ && SteadyClock::now() < until) changed_.wait_until(lock, until);
    return last_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<SteadyClock::time_point> first_ STINT_GUARDED_BY(mutex_);
  std::optional<SteadyClock::time_point> last_ STINT_GUARDED_BY(mutex_);
};

Begun begun;

STINT_MODULE(stint_bench, m) {
  m.task("run", [](const json& /*text*/) { begun.note(); }, {arg("text").optional()});
}

double seconds_of(SteadyClock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
  return values[at];
}

/// All values of one figure.
struct Samples {
  std::vector<double> rounds = {};   // one value each
  std::vector<double> singles = {};  // milliseconds

  BenchFigure figure(std::string name, BenchUnit unit, int slots = 0) const {
    BenchFigure figure{.name = std::move(name), .unit = unit, .slots = slots};
    if (!rounds.empty()) {
      figure.is_measured = true;
      figure.median = at_share(rounds, 0.5);
      figure.least = std::ranges::min(rounds);
      figure.greatest = std::ranges::max(rounds);
    }
    if (!singles.empty()) {
      figure.p50 = at_share(singles, 0.5);
      figure.p99 = at_share(singles, 0.99);
    }
    return figure;
  }
};

class StoreBench final {
 public:
  StoreBench(const Settings& settings, std::string_view store, StoreBenchOptions options,
             const BenchProgress& progress, std::stop_token stop)
      : environment_(std::make_shared<Environment>(settings, modules(), store)),
        options_(std::move(options)),
        progress_(progress),
        stop_(std::move(stop)),
        domain_("bench-" + random_uuid().substr(0, 13)),
        store_(environment_->shared_store()) {
    if (options_.slots.empty()) {
      options_.slots = {static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))};
    }
    job_ = {.task = "stint_bench.run", .domain = domain_};
    if (options_.arg_bytes > 0) {
      job_.args = fmt::format(R"({{"text":"{}"}})", std::string(options_.arg_bytes, 'x'));
    }
  }
  ~StoreBench() {
    try {
      remove_jobs();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
      // The store is gone; what threw before says so.
    }
  }
  StoreBench(const StoreBench&) = delete;
  StoreBench& operator=(const StoreBench&) = delete;

  std::vector<BenchFigure> run() {
    for (int round = 0; round < options_.rounds && !stop_.stop_requested(); ++round) {
      enqueue_one_by_one();
      for (std::size_t i = 0; i < options_.slots.size() && !stop_.stop_requested(); ++i) drain(i);
      if (!stop_.stop_requested()) wait_for_starts();
    }
    // Before the last figure is told, so that who reads it knows that all is clean.
    remove_jobs();
    std::vector<BenchFigure> figures{one_by_one_.figure("enqueue", BenchUnit::kJobsPerSecond),
                                     bulk_.figure("bulk", BenchUnit::kJobsPerSecond)};
    for (std::size_t i = 0; i < drains_.size(); ++i) {
      figures.push_back(drains_[i].figure("drain", BenchUnit::kJobsPerSecond, options_.slots[i]));
    }
    figures.push_back(starts_.figure("start", BenchUnit::kMilliseconds));
    std::erase_if(figures, [](const BenchFigure& one) { return !one.is_measured; });
    return figures;
  }

 private:
  static std::span<const ModuleDefinition> modules() { return {&stint_bench, 1}; }

  void tell(std::string_view what) {
    const auto all =
        static_cast<double>(options_.rounds) * static_cast<double>(2 + options_.slots.size());
    progress_(what, steps_++ / all);
  }

  void enqueue_one_by_one() {
    tell("enqueue one by one");
    const std::vector<NewJob> one{job_};
    store_->enqueue(one);  // connects
    const SteadyClock::time_point began = SteadyClock::now();
    int jobs = 0;
    for (; SteadyClock::now() - began < options_.one_by_one && !stop_.stop_requested(); ++jobs) {
      const SteadyClock::time_point before = SteadyClock::now();
      store_->enqueue(one);
      one_by_one_.singles.push_back(1000 * seconds_of(SteadyClock::now() - before));
    }
    one_by_one_.rounds.push_back(jobs / seconds_of(SteadyClock::now() - began));
    remove_jobs();
  }

  void drain(std::size_t which) {
    const int slots = options_.slots[which];
    tell(fmt::format("execute with {} slots", slots));
    const SteadyClock::time_point began = SteadyClock::now();
    int left = options_.jobs;
    while (left > 0 && !stop_.stop_requested()) {
      const int count = std::min(left, kBenchBulk);
      store_->enqueue(std::vector<NewJob>(static_cast<std::size_t>(count), job_));
      left -= count;
    }
    const int jobs = options_.jobs - left;
    bulk_.rounds.push_back(jobs / seconds_of(SteadyClock::now() - began));
    if (stop_.stop_requested()) return;
    begun.clear();
    const auto worker = make_worker(slots);
    worker->start();
    wait_idle(*worker);
    const SteadyClock::time_point ended = SteadyClock::now();
    worker->stop();
    if (drains_.size() <= which) drains_.resize(which + 1);
    const auto first = begun.first();
    if (first && !stop_.stop_requested()) {
      drains_[which].rounds.push_back(jobs / seconds_of(ended - *first));
    }
    remove_jobs();
  }

  void wait_for_starts() {
    tell("from enqueue to start");
    const auto worker = make_worker(1);
    worker->start();
    wait_idle(*worker);
    std::vector<double> waited_ms;
    const std::vector<NewJob> one{job_};
    for (int i = 0; i < options_.latency_jobs; ++i) {
      if (!pause()) break;
      begun.clear();
      store_->enqueue(one);
      const SteadyClock::time_point committed = SteadyClock::now();
      const auto begun_at = begun.wait_until(committed + options_.longest_drain);
      if (!begun_at) throw_too_long();
      // A worker may begin before the enqueuing thread is back from the commit.
      const auto waited = std::max(*begun_at - committed, SteadyClock::duration::zero());
      waited_ms.push_back(1000 * seconds_of(waited));
    }
    worker->stop();
    if (waited_ms.empty()) return;
    starts_.rounds.push_back(at_share(waited_ms, 0.5));
    starts_.singles.insert(starts_.singles.end(), waited_ms.begin(), waited_ms.end());
    remove_jobs();
  }

  /// Let the worker go to sleep, for a while that follows no beat; false once a stop is asked for.
  bool pause() {
    std::uniform_int_distribution<int> microseconds{15'000, 45'000};
    const auto until = SteadyClock::now() + std::chrono::microseconds{microseconds(random_)};
    Mutex mutex;
    CondVar never;
    MutexLock lock{mutex};
    while (SteadyClock::now() < until && !stop_.stop_requested()) never.wait_until(lock, until);
    return !stop_.stop_requested();
  }

  std::unique_ptr<JobWorker> make_worker(int slots) {
    return make_job_worker(
        environment_, {.slots = slots, .domains = {{domain_, 0}}, .isolation = Isolation::kThread});
  }

  void wait_idle(JobWorker& worker) {
    constexpr nanoseconds kLook = std::chrono::milliseconds{500};
    const nanoseconds last = real_clock().boot_now() + options_.longest_drain;
    while (!stop_.stop_requested()) {
      const nanoseconds now = real_clock().boot_now();
      if (worker.wait_idle(std::min(last, now + kLook))) return;
      if (const std::string failure = worker.failure(); !failure.empty()) {
        throw Error{ErrorCode::kUnavailable, failure};
      }
      if (now >= last) throw_too_long();
    }
  }

  [[noreturn]] void throw_too_long() const {
    throw Error{ErrorCode::kBusy,
                fmt::format("the jobs were not executed within {} s: measure fewer (--jobs)",
                            options_.longest_drain / std::chrono::seconds{1})};
  }

  void remove_jobs() {
    const PurgeFilter mine{
        .older_than = milliseconds{0}, .domain = domain_, .queued = true, .limit = kBenchBulk};
    while (store_->purge_jobs(mine) == mine.limit) {
    }
  }

  const std::shared_ptr<Environment> environment_;
  StoreBenchOptions options_;
  const BenchProgress& progress_;
  const std::stop_token stop_;
  const std::string domain_;
  const std::shared_ptr<Store> store_;
  NewJob job_;
  Samples one_by_one_;
  Samples bulk_;
  std::vector<Samples> drains_;
  Samples starts_;
  std::mt19937 random_{20'000};
  double steps_ = 0;
};

}  // namespace

std::vector<BenchFigure> bench_store(const Settings& settings, std::string_view store,
                                     const StoreBenchOptions& options,
                                     const BenchProgress& progress, const std::stop_token& stop) {
  return StoreBench{settings, store, options, progress, stop}.run();
}

}  // namespace stint
