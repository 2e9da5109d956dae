#include "runtime/job_worker.hpp"
#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <fmt/format.h>
#include "base/backoff.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/test_point.hpp"
#include "runtime/worker_page.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

// How long the end of a worker may wait for the store to take the last results.
constexpr nanoseconds kFinalWrites = std::chrono::seconds{5};
// How long those who listen may take for what waits when the worker has left.
constexpr nanoseconds kFinalEvents = std::chrono::seconds{5};
// How long programs may take to be gone once they were killed.
constexpr nanoseconds kKills = std::chrono::seconds{5};

/// The tasks whose jobs may be claimed before a slot is free for them.
std::vector<std::string> tasks_ahead(const Registry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, task] : registry.tasks()) {
    if (!task.options.transaction) names.push_back(name);
  }
  return names;
}

ClaimsAhead claims_ahead(const Registry& registry) {
  const std::size_t ahead = tasks_ahead(registry).size();
  if (ahead == registry.tasks().size()) return ClaimsAhead::kAll;
  return ahead == 0 ? ClaimsAhead::kNone : ClaimsAhead::kSome;
}

std::vector<std::string> names_of(const std::vector<DomainShare>& domains) {
  std::vector<std::string> names;
  names.reserve(domains.size());
  for (const DomainShare& domain : domains) names.push_back(domain.name);
  return names;
}

/// A worker without a page works; only its crashes are then judged more harshly.
std::shared_ptr<WorkerPage> try_make_page() {
  try {
    return std::make_shared<WorkerPage>(default_page_directory());
  } catch (const Error& error) {
    log_warning("worker", "{}; should this worker die, all its jobs are charged", error.what());
    return nullptr;
  }
}

WorkerInfo with_page(WorkerInfo info, const WorkerPage* page) {
  if (page != nullptr) info.page = page->path();
  info.boot_id = machine_boot_id();
  return info;
}

}  // namespace

JobWorker::JobWorker(std::shared_ptr<Store> store,
                     std::shared_ptr<const RunEnvironment> environment,
                     std::shared_ptr<JobHost> host, std::shared_ptr<LogBuffer> logs,
                     JobWorkerOptions options)
    : store_(std::move(store)),
      environment_(std::move(environment)),
      logs_(std::move(logs)),
      options_(std::move(options)),
      clock_(real_clock()),
      events_(WorkerEvents::make(options_.events, environment_, clock_)),
      page_(try_make_page()),
      session_(*store_, with_page(options_.info, page_.get()), options_.lease, clock_),
      rescuer_(
          *store_, session_, clock_,
          [events = events_](WorkerId other, const RescueResult& result) {
            if (events) events->rescued(other, result);
          },
          &turns_.of(WorkerLoop::kRescuer)),
      outages_(clock_) {
  const std::vector<std::string> domains = names_of(options_.domains);
  wake_up_ = store_->make_wake_up(domains);
  board_ = std::make_shared<JobBoard>(
      BoardOptions{.slots = options_.slots,
                   .domains = options_.domains,
                   .largest_batch = options_.largest_batch,
                   .allowed_runs = options_.allowed_runs,
                   .is_isolated = options_.isolates_all,
                   .claims_ahead = claims_ahead(*environment_->registry)},
      clock_, [wake = wake_up_.get()] { wake->interrupt(); });
  slot_context_ = std::make_shared<SlotContext>(
      SlotContext{.board = board_,
                  .page = page_,
                  .store = store_,
                  .host = std::move(host),
                  .environment = environment_,
                  .clock = clock_,
                  .processes = options_.processes,
                  .isolates_all = options_.isolates_all,
                  .process = {.grace = options_.watch.grace,
                              .capture = {.most_bytes = environment_->most_log_bytes}},
                  .metrics = metrics_,
                  .events = events_});
  slots_ = std::make_unique<Slots>(options_.slots, slot_context_);
  WatchOptions watch = options_.watch;
  if (events_) {
    watch.on_progress = [events = events_](const ClaimedJob& job, const Activity& activity) {
      events->progressed(job, activity);
    };
  }
  watcher_ = std::make_unique<Watcher>(*store_, *board_, *slots_, *logs_, session_,
                                       std::move(watch), clock_, &turns_.of(WorkerLoop::kWatcher));
  const Registry& registry = *environment_->registry;
  exchange_ = std::make_unique<ExchangeContext>(
      *store_, *board_, *logs_, session_, *wake_up_, clock_, registry.task_names(),
      tasks_ahead(registry), domains, *metrics_, outages_);
  exchange_->events = events_;
  exchange_->on_request = [this] {
    const MutexLock lock{mutex_};
    has_request_ = true;
    stopping_changed_.notify_all();
  };
}

JobWorker::~JobWorker() { stop(); }

void JobWorker::start() {
  session_.open();
  if (events_) events_->registered(session_.worker());
  board_->set_lease(session_.lease_until());
  is_started_ = true;
  slots_->start();
  exchange_->turn = &turns_.of(WorkerLoop::kExchanger);
  const int exchangers = std::max(1, store_->useful_exchanges());
  for (int i = 0; i < exchangers; ++i) {
    threads_.emplace_back([this, is_main = i == 0] {
      guard(WorkerLoop::kExchanger, [&] { Exchanger{*exchange_, is_main}.run(); });
      if (is_main) turns_.of(WorkerLoop::kExchanger).rests();
    });
  }
  threads_.emplace_back([this] {
    // The first beat comes at once: it tells which tasks there are.
    const auto pause = [this, is_first = true]() mutable {
      return std::exchange(is_first, false) ? nanoseconds{0} : options_.lease.heartbeat;
    };
    repeat(WorkerLoop::kHeartbeat, [this] { renew_lease(); }, pause);
  });
  threads_.emplace_back([this] {
    repeat(
        WorkerLoop::kWatcher, [this] { watcher_->look(); },
        [this] { return watcher_->until_next_look(); }, &has_request_);
  });
  threads_.emplace_back([this] {
    repeat(WorkerLoop::kRescuer, [this] { keep_house(); }, [this] { return options_.rescue_look; });
  });
}

std::string JobWorker::told_counts() {
  WorkerCounts counts = recent_.take(clock_.boot_now());
  counts.tasks = environment_->registry->task_names();
  return to_json(counts);
}

void JobWorker::renew_lease() {
  if (clock_.boot_now() > session_.lease_until()) lose_lease();
  if (!beat()) {
    lose_lease();
    board_->drop_claimed();
    if (events_) events_->registered(session_.worker());
  }
  is_lease_lost_ = false;
  board_->set_lease(session_.lease_until());
}

bool JobWorker::beat() {
  const std::string counts = told_counts();
  const StoreWait wait{&turns_.of(WorkerLoop::kHeartbeat), clock_};
  return session_.beat(counts);
}

void JobWorker::lose_lease() {
  if (!is_lease_lost_.exchange(true) && events_) events_->lease_lost();
  watcher_->lease_lost();
}

void JobWorker::keep_house() {
  rescuer_.look();
  if (options_.retention.count() <= 0 || clock_.boot_now() < next_purge_) return;
  const PurgeFilter old{.older_than = options_.retention};
  while (purge_jobs(old) >= old.limit) {
    if (!wait_unless_stopping(std::chrono::milliseconds{10})) return;
  }
  purge_workers();
  next_purge_ = clock_.boot_now() + options_.purge_look;
}

int JobWorker::purge_jobs(const PurgeFilter& filter) {
  const StoreWait wait{&turns_.of(WorkerLoop::kRescuer), clock_};
  return store_->purge_jobs(filter);
}

void JobWorker::purge_workers() {
  const StoreWait wait{&turns_.of(WorkerLoop::kRescuer), clock_};
  store_->purge_workers(options_.retention);
}

void JobWorker::guard(WorkerLoop loop, const std::function<void()>& body) noexcept {
  const char* const role = kWorkerLoopNames.at(static_cast<std::size_t>(loop));
  try {
    body();
    return;
  } catch (const std::exception& error) {
    const MutexLock lock{mutex_};
    if (failure_.empty()) failure_ = std::string{role} + ": " + error.what();
  } catch (...) {
    const MutexLock lock{mutex_};
    if (failure_.empty()) failure_ = std::string{role} + ": unknown error";
  }
  log_error("worker", "the worker must end: {}", failure());
  board_->stop_claiming();
}

void JobWorker::repeat(WorkerLoop loop, const std::function<void()>& look,
                       const std::function<nanoseconds()>& pause, bool* soon) {
  const char* const role = kWorkerLoopNames.at(static_cast<std::size_t>(loop));
  TurnTime& turn = turns_.of(loop);
  guard(loop, [&] {
    Backoff backoff;
    nanoseconds wait = pause();
    for (;;) {
      turn.comes_by(clock_.boot_now() + wait);
      if (!wait_unless_stopping(wait, soon)) return;
      turn.comes_by(clock_.boot_now());
      try {
        look();
        outages_.answered(role);
        backoff.reset();
        wait = pause();
      } catch (const Error& error) {
        if (!error.retryable()) throw;
        wait = backoff.next();
        outages_.failed(role, error);
        if (clock_.boot_now() > session_.lease_until()) lose_lease();
      }
    }
  });
  turn.rests();
}

bool JobWorker::wait_unless_stopping(nanoseconds duration, bool* soon) {
  const auto until = std::chrono::steady_clock::now() + duration;
  MutexLock lock{mutex_};
  while (!stopping_) {
    if (soon != nullptr && std::exchange(*soon, false)) return true;
    if (!stopping_changed_.wait_until(lock, until)) return !stopping_;
  }
  return false;
}

bool JobWorker::drain(nanoseconds grace) {
  if (!is_started_) return true;
  is_draining_ = true;
  board_->stop_claiming();
  if (const int running = board_->standing().running; running > 0) {
    log_info("worker", "draining: claiming nothing more; {} running jobs have up to {:.3g} s",
             running, std::chrono::duration<double>(grace).count());
  }
  const nanoseconds until = clock_.boot_now() + grace;
  for (;;) {
    const nanoseconds step = std::min(until, clock_.boot_now() + std::chrono::milliseconds{100});
    if (board_->wait_until([](const JobBoard::Standing& now) { return now.is_empty; }, step))
      return true;
    if (hurried_ || clock_.boot_now() >= until || !failure().empty()) return false;
  }
}

bool JobWorker::has_supervised() {
  return std::ranges::any_of(slots_->running(), &JobRun::is_stopped_for_certain);
}

void JobWorker::interrupt_running() noexcept {
  const nanoseconds until = clock_.boot_now() + options_.watch.grace;
  // Programs are killed by then; their ends are waited for, so that nothing of them is left.
  const nanoseconds until_killed = until + kKills;
  const auto nothing_runs = [](const JobBoard::Standing& now) { return now.running == 0; };
  // Asked again and again: a job that a slot had just taken is seen only once it runs.
  for (bool is_over = false; !is_over;) {
    for (const auto& run : slots_->running()) {
      run->request_stop(StopReason::kShutdown, "the worker must end");
    }
    const nanoseconds now = clock_.boot_now();
    const nanoseconds last = has_supervised() ? until_killed : until;
    const nanoseconds step = now + std::chrono::milliseconds{20};
    is_over = board_->wait_until(nothing_runs, std::min(last, step)) || clock_.boot_now() >= last;
  }
  for (const auto& run : slots_->running()) {
    slots_->abandon(
        run, Completion{.id = run->id(), .epoch = run->epoch(), .outcome = Outcome::kInterrupted});
  }
}

void JobWorker::stop() noexcept {
  if (!is_started_.exchange(false)) return;
  is_draining_ = true;
  try {
    board_->stop_claiming();
    interrupt_running();
    exchange_->give_up_at = (clock_.boot_now() + kFinalWrites).count();
    board_->close();
    join();
    logs_->flush(*store_);
    // So that a worker of a few seconds is counted, too.
    store_->beat(session_.worker(), told_counts());
    session_.close();
    if (events_) events_->left();
  } catch (const std::exception& error) {
    log_error("worker", "the worker could not leave in good order ({}); its jobs will be rescued",
              error.what());
  }
  join();
  logs_->close();
  if (events_) events_->close(kFinalEvents);
}

void JobWorker::join() noexcept {
  {
    const MutexLock lock{mutex_};
    stopping_ = true;
    stopping_changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
  board_->give_up_writes();
}

bool JobWorker::run_one() {
  if (!is_started_) start();
  const std::int64_t before = board_->standing().begun;
  board_->allow_runs(1);
  board_->wait_until(
      [this](const JobBoard::Standing& now) {
        return now.is_exhausted || now.is_idle || !failure().empty();
      },
      std::nullopt);
  // A poll may have claimed one just now: it goes back, or has begun and is waited for.
  board_->allow_runs(0);
  board_->wait_until(
      [this](const JobBoard::Standing& now) { return now.is_empty || !failure().empty(); },
      std::nullopt);
  return board_->standing().begun > before;
}

bool JobWorker::wait_idle(std::optional<nanoseconds> deadline) {
  if (!is_started_) return false;
  bool is_idle = false;
  board_->wait_until(
      [&](const JobBoard::Standing& now) {
        is_idle = now.is_idle || now.is_exhausted;
        return is_idle || now.is_closed || !failure().empty();
      },
      deadline);
  return is_idle;
}

void JobWorker::wait_ended(const std::function<bool()>& wake) {
  bool is_over = false;
  while (!is_over && !wake()) {
    const nanoseconds step = clock_.boot_now() + std::chrono::milliseconds{100};
    is_over = board_->wait_until(
        [this](const JobBoard::Standing& now) { return now.is_exhausted || !failure().empty(); },
        step);
  }
}

std::string JobWorker::unready_reason() {
  if (const std::string why = failure(); !why.empty()) return "failed: " + why;
  if (is_draining_) return "draining: it claims nothing more";
  if (!is_started_) return "not registered with the store yet";
  if (clock_.boot_now() > session_.lease_until()) {
    return "its lease ran out: the store has not taken its beat";
  }
  return {};
}

std::string JobWorker::hang(nanoseconds longest) const {
  const LateLoop late = turns_.latest(clock_.boot_now());
  if (late.lateness <= longest) return {};
  return fmt::format("the {} has not come round for {}", late.name,
                     format_duration(std::chrono::ceil<std::chrono::seconds>(late.lateness)));
}

std::string JobWorker::failure() {
  const MutexLock lock{mutex_};
  return failure_;
}

}  // namespace stint
