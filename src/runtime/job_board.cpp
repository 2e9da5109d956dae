#include "runtime/job_board.hpp"
#include <algorithm>
#include <array>
#include <iterator>
#include <ranges>
#include <utility>

namespace stint {
namespace {

using std::chrono::nanoseconds;

// As many jobs are claimed ahead as the slots begin within this time.
constexpr double kAheadSeconds = 0.05;
// A completion waits at most so long for others while jobs are at hand.
constexpr nanoseconds kLinger = std::chrono::milliseconds{1};
// A sleeper looks again so long after going idle; the last one repeats.
constexpr std::array kPolls{std::chrono::milliseconds{5}, std::chrono::milliseconds{50},
                            std::chrono::milliseconds{250}, std::chrono::milliseconds{1000}};
constexpr nanoseconds kLongestIdleWait = std::chrono::seconds{1};
// Where some jobs are not claimed ahead, how long they may be passed by.
constexpr nanoseconds kBetweenAllTasks = std::chrono::milliseconds{50};
// The weight of a new job in the average duration.
constexpr double kAverageWeight = 0.05;

Completion not_begun(const ClaimedJob& job, Outcome outcome) {
  return Completion{.id = job.id, .epoch = job.epoch, .outcome = outcome, .started = false};
}

}  // namespace

JobBoard::JobBoard(BoardOptions options, const Clock& clock,
                   std::function<void()> interrupt_exchanger)
    : options_(std::move(options)),
      clock_(clock),
      interrupt_exchanger_(std::move(interrupt_exchanger)),
      allowed_runs_(options_.allowed_runs) {
  for (const DomainShare& share : options_.domains) domains_.push_back({.share = share});
}

// --- Slots --------------------------------------------------------------------------------------

std::optional<ClaimedJob> JobBoard::take_job() {
  MutexLock lock{mutex_};
  for (;;) {
    if (closed_) return std::nullopt;
    const bool is_lone = ready_.empty();
    const bool is_there = is_lone ? !lone_.empty() && running_ == 0 : true;
    if (is_there && !lone_runs_ && allowed_runs_ != 0) {
      const nanoseconds now = clock_.boot_now();
      if (now < lease_until_) {
        std::deque<ClaimedJob>& from = is_lone ? lone_ : ready_;
        ClaimedJob job = std::move(from.front());
        from.pop_front();
        lone_runs_ = is_lone;
        if (allowed_runs_ > 0) --allowed_runs_;
        ++running_;
        ++begun_;
        last_begin_ = now;
        return job;
      }
    }
    ++waiting_slots_;
    work_.wait(lock);  // set_lease wakes as well
    --waiting_slots_;
  }
}

JobBoard::Ahead JobBoard::take_ahead(int most, const std::function<bool(const ClaimedJob&)>& fits) {
  const MutexLock lock{mutex_};
  Ahead ahead{.claims = claims_dropped_};
  const nanoseconds now = clock_.boot_now();
  if (closed_ || lone_runs_ || allowed_runs_ >= 0 || now >= lease_until_) return ahead;
  const auto share = static_cast<int>(ready_.size()) / options_.slots;
  for (int i = std::min(most, share); i > 0 && fits(ready_.front()); --i) {
    ahead.jobs.push_back(std::move(ready_.front()));
    ready_.pop_front();
    ++running_;
    ++begun_;
  }
  return ahead;
}

void JobBoard::put_back(std::span<const ClaimedJob> jobs, std::uint64_t claims) {
  const MutexLock lock{mutex_};
  running_ -= static_cast<int>(jobs.size());
  begun_ -= std::ssize(jobs);
  for (const ClaimedJob& job : std::ranges::reverse_view{jobs}) {
    if (claims != claims_dropped_) {
      release(job.domain, 1);
    } else if (closed_ || !claims_ || allowed_runs_ == 0) {
      give_back(job);
    } else {
      ready_.push_front(job);
    }
  }
  work_.notify_all();
  changed();
}

void JobBoard::finish(const ClaimedJob& job, Completion completion, nanoseconds took) {
  const MutexLock lock{mutex_};
  const double seconds = std::chrono::duration<double>(took).count();
  average_seconds_ = average_seconds_ < 0
                         ? seconds
                         : average_seconds_ + (seconds - average_seconds_) * kAverageWeight;
  --running_;
  release(job.domain, 1);
  if (lone_runs_) {
    lone_runs_ = false;
    work_.notify_all();
  } else if (!lone_.empty()) {
    work_.notify_all();
  }
  if (completion.written) {
    expect_more();
  } else {
    if (job.flags.at_most_once()) unwritten_.insert({job.id, job.epoch});
    add_completion(std::move(completion));
  }
  changed();
}

bool JobBoard::wait_written(const ClaimedJob& job) {
  MutexLock lock{mutex_};
  while (unwritten_.contains({job.id, job.epoch})) {
    if (gave_up_writes_) return false;
    changed_.wait(lock);
  }
  return true;
}

void JobBoard::drop(const ClaimedJob& job) {
  const MutexLock lock{mutex_};
  --running_;
  release(job.domain, 1);
  lone_runs_ = false;
  work_.notify_all();
  changed();
}

// --- Exchangers ---------------------------------------------------------------------------------

int JobBoard::in_hand() const { return running_ + static_cast<int>(ready_.size()) + claiming_; }

int JobBoard::prefetch() const {
  if (average_seconds_ < 0 || options_.claims_ahead == ClaimsAhead::kNone) return 0;
  const double ahead = kAheadSeconds / std::max(average_seconds_, 1e-7) * options_.slots;
  return static_cast<int>(std::min(ahead, static_cast<double>(options_.largest_batch) * 2));
}

/// A claim of all tasks is for free slots alone where some jobs are not claimed ahead. Between two
/// of them others are claimed ahead; when the next one is due, what is ready runs dry first.
bool JobBoard::is_next_ahead(const Domain& domain) const {
  return options_.claims_ahead == ClaimsAhead::kSome && prefetch() > 0 &&
         clock_.boot_now() < domain.all_tasks_at;
}

int JobBoard::wanted(const Domain& domain, bool is_ahead) const {
  if (!claims_ || !lone_.empty() || lone_runs_) return 0;
  const bool is_for_slots = options_.claims_ahead == ClaimsAhead::kSome && !is_ahead;
  int want = options_.slots + (is_for_slots ? 0 : prefetch()) - in_hand();
  if (domain.share.most > 0) want = std::min(want, domain.share.most - domain.held);
  if (allowed_runs_ >= 0) {
    const std::int64_t left = allowed_runs_ - static_cast<std::int64_t>(ready_.size()) - claiming_;
    want = static_cast<int>(std::min<std::int64_t>(want, left));
  }
  return std::clamp(want, 0, options_.largest_batch);
}

std::optional<JobBoard::Claim> JobBoard::next_claim(bool with_completions) {
  // A claim of its own is worth it for a free slot or for a good part of a batch.
  const bool is_hungry = in_hand() < options_.slots || (ready_.empty() && claiming_ == 0);
  const int least = with_completions || is_hungry
                        ? 1
                        : std::min((options_.slots + prefetch()) / 2, options_.largest_batch);
  for (std::size_t i = 0; i < domains_.size(); ++i) {
    const std::size_t index = (next_domain_ + i) % domains_.size();
    const Domain& domain = domains_[index];
    if (domain.is_empty) continue;
    const bool is_ahead = is_next_ahead(domain);
    const int want = wanted(domain, is_ahead);
    if (want >= std::max(least, 1) ||
        (want > 0 && domain.share.most > 0 && domain.share.most - domain.held <= want)) {
      return Claim{.domain = index, .limit = want, .is_ahead = is_ahead};
    }
  }
  return std::nullopt;
}

bool JobBoard::may_linger() const {
  return !completions_.empty() && !ready_.empty() && running_ > 0 && !closed_ &&
         static_cast<int>(completions_.size()) < options_.largest_batch / 2 &&
         clock_.boot_now() - oldest_completion_ < kLinger;
}

std::optional<ExchangePlan> JobBoard::plan_exchange(bool is_main) {
  const MutexLock lock{mutex_};
  if (is_main) main_waits_ = false;
  if (!is_main && !help_wanted()) return std::nullopt;
  const bool lingers = may_linger();
  const auto claim = next_claim(!completions_.empty() && !lingers);
  if ((completions_.empty() || lingers) && !claim) {
    if (is_main) main_waits_ = true;
    return std::nullopt;
  }
  ExchangePlan plan;
  const auto end = completions_.begin() +
                   std::min<std::ptrdiff_t>(std::ssize(completions_), options_.largest_batch);
  plan.completions.assign(std::make_move_iterator(completions_.begin()),
                          std::make_move_iterator(end));
  completions_.erase(completions_.begin(), end);
  plan.scan = scan_;
  if (claim) {
    plan.domain = claim->domain;
    plan.claim_limit = claim->limit;
    plan.is_ahead = claim->is_ahead;
    next_domain_ = (claim->domain + 1) % domains_.size();
    Domain& domain = domains_[plan.domain];
    domain.held += plan.claim_limit;
    if (!plan.is_ahead) domain.all_tasks_at = clock_.boot_now() + kBetweenAllTasks;
    claiming_ += plan.claim_limit;
  }
  ++exchanges_;
  return plan;
}

void JobBoard::merge(const ExchangePlan& plan, Exchange reply, bool is_own) {
  const MutexLock lock{mutex_};
  --exchanges_;
  for (const Completion& one : plan.completions) unwritten_.erase({one.id, one.epoch});
  if (plan.claim_limit > 0) {
    Domain& domain = domains_[plan.domain];
    const int claimed = static_cast<int>(reply.claimed.size());
    domain.held -= plan.claim_limit - claimed;
    claiming_ -= plan.claim_limit;
    if (claimed > 0) {
      polls_ = 0;
    } else if (plan.is_ahead) {
      domain.all_tasks_at = nanoseconds{0};  // it says nothing of the other tasks
    } else if (plan.is_scanned && plan.scan == scan_) {
      domain.is_empty = true;
      domain.is_proven = reply.looked_everywhere;
    }
    if (ready_.empty() && claimed > 0) last_begin_ = clock_.boot_now();
  }
  const nanoseconds now = reply.claimed.empty() ? nanoseconds{0} : clock_.boot_now();
  for (ClaimedJob& job : reply.claimed) {
    job.claimed_at = now;
    if (!claims_ || !is_own || allowed_runs_ == 0) {
      give_back(job);
    } else {
      (job.crashes > 0 && !options_.is_isolated ? lone_ : ready_).push_back(std::move(job));
    }
  }
  if (waiting_slots_ > 0 && (!ready_.empty() || !lone_.empty())) {
    if (ready_.size() == 1) {
      work_.notify_one();
    } else {
      work_.notify_all();
    }
  }
  if (closed_) interrupt_exchanger_();  // the main exchanger waits for what others still write
  changed();
}

void JobBoard::undo(ExchangePlan plan) {
  const MutexLock lock{mutex_};
  --exchanges_;
  if (plan.claim_limit > 0) {
    domains_[plan.domain].held -= plan.claim_limit;
    claiming_ -= plan.claim_limit;
  }
  completions_.insert(completions_.begin(), std::make_move_iterator(plan.completions.begin()),
                      std::make_move_iterator(plan.completions.end()));
  changed();
}

bool JobBoard::help_wanted() const {
  return static_cast<int>(completions_.size()) >= options_.largest_batch / 2;
}

bool JobBoard::wait_for_help_wanted() {
  MutexLock lock{mutex_};
  while (!help_wanted()) {
    if (closed_) return false;
    help_.wait(lock);
  }
  return true;
}

void JobBoard::expect_jobs() {
  const MutexLock lock{mutex_};
  ++scan_;
  for (Domain& domain : domains_) domain.is_empty = false;
}

nanoseconds JobBoard::longest_wait() {
  const MutexLock lock{mutex_};
  if (!completions_.empty()) {
    return std::max(kLinger - (clock_.boot_now() - oldest_completion_), nanoseconds{10'000});
  }
  const auto is_empty = [](const Domain& domain) { return domain.is_empty; };
  if (!std::ranges::all_of(domains_, is_empty) || !claims_) {
    return kLongestIdleWait;  // every slot is taken
  }
  const std::size_t step =
      std::min<std::size_t>(static_cast<std::size_t>(polls_), kPolls.size() - 1);
  ++polls_;
  return kPolls.at(step);
}

// --- Watcher, session, worker -------------------------------------------------------------------

void JobBoard::set_lease(nanoseconds until) {
  const MutexLock lock{mutex_};
  lease_until_ = until;
  work_.notify_all();
}

void JobBoard::drop_claimed() {
  const MutexLock lock{mutex_};
  for (const ClaimedJob& job : ready_) release(job.domain, 1);
  for (const ClaimedJob& job : lone_) release(job.domain, 1);
  ready_.clear();
  lone_.clear();
  ++claims_dropped_;
  changed();
}

void JobBoard::end_claimed(const std::vector<AbortRequest>& aborts) {
  const MutexLock lock{mutex_};
  for (const AbortRequest& abort : aborts) {
    for (std::deque<ClaimedJob>* jobs : {&ready_, &lone_}) {
      const auto found = std::ranges::find_if(*jobs, [&](const ClaimedJob& job) {
        return job.id == abort.id && job.epoch == abort.epoch;
      });
      if (found == jobs->end()) continue;
      Completion end = not_begun(*found, Outcome::kAborted);
      end.cause = "aborted";
      release(found->domain, 1);
      jobs->erase(found);
      add_completion(std::move(end));
    }
  }
}

void JobBoard::give_back_stuck(nanoseconds patience) {
  const MutexLock lock{mutex_};
  if (ready_.empty() || clock_.boot_now() - last_begin_ < patience) return;
  // The estimate was wrong: jobs take long. Until the average knows, claim only for free slots.
  average_seconds_ = std::max(average_seconds_, std::chrono::duration<double>(patience).count());
  while (!ready_.empty()) {
    const ClaimedJob job = std::move(ready_.front());
    ready_.pop_front();
    give_back(job);
  }
}

void JobBoard::allow_runs(std::int64_t runs) {
  const MutexLock lock{mutex_};
  allowed_runs_ = runs;
  if (runs == 0) give_back_claimed();
  ++scan_;
  for (Domain& domain : domains_) domain.is_empty = false;
  work_.notify_all();
  if (main_waits_) interrupt_exchanger_();
}

void JobBoard::stop_claiming() {
  const MutexLock lock{mutex_};
  claims_ = false;
  give_back_claimed();
  changed();
}

void JobBoard::close() {
  const MutexLock lock{mutex_};
  closed_ = true;
  work_.notify_all();
  help_.notify_all();
  interrupt_exchanger_();
  changed();
}

void JobBoard::give_up_writes() {
  const MutexLock lock{mutex_};
  gave_up_writes_ = true;
  changed();
}

bool JobBoard::is_closed() {
  const MutexLock lock{mutex_};
  return closed_;
}

JobBoard::Standing JobBoard::standing_locked() const {
  Standing result;
  result.is_empty =
      ready_.empty() && lone_.empty() && running_ == 0 && completions_.empty() && exchanges_ == 0;
  result.is_idle = result.is_empty && all_proven_empty();
  result.is_exhausted = result.is_empty && allowed_runs_ == 0;
  result.is_closed = closed_;
  result.running = running_;
  result.waiting = waiting_slots_;
  result.begun = begun_;
  return result;
}

JobBoard::Standing JobBoard::standing() {
  const MutexLock lock{mutex_};
  return standing_locked();
}

bool JobBoard::wait_until(const std::function<bool(const Standing&)>& is_met,
                          std::optional<nanoseconds> deadline) {
  MutexLock lock{mutex_};
  while (!is_met(standing_locked())) {
    nanoseconds wait = kLongestIdleWait;
    if (deadline) {
      wait = std::min(wait, *deadline - clock_.boot_now());
      if (wait.count() <= 0) return false;
    }
    changed_.wait_for(lock, wait);
  }
  return true;
}

// --- Under the lock -----------------------------------------------------------------------------

bool JobBoard::all_proven_empty() const {
  return std::ranges::all_of(
      domains_, [](const Domain& domain) { return domain.is_empty && domain.is_proven; });
}

void JobBoard::give_back_claimed() {
  for (std::deque<ClaimedJob>* jobs : {&ready_, &lone_}) {
    for (const ClaimedJob& job : *jobs) give_back(job);
    jobs->clear();
  }
}

void JobBoard::give_back(const ClaimedJob& job) {
  release(job.domain, 1);
  add_completion(not_begun(job, Outcome::kInterrupted));
}

void JobBoard::add_completion(Completion completion) {
  if (completions_.empty()) oldest_completion_ = clock_.boot_now();
  completions_.push_back(std::move(completion));
  if (help_wanted()) help_.notify_one();
  expect_more();
}

void JobBoard::expect_more() {
  // What ended may have made others claimable, in any domain.
  ++scan_;
  for (Domain& domain : domains_) domain.is_empty = false;
  if (main_waits_ && !may_linger()) {
    main_waits_ = false;
    interrupt_exchanger_();
  }
}

void JobBoard::release(const std::string& domain, int jobs) {
  const auto found =
      std::ranges::find_if(domains_, [&](const Domain& one) { return one.share.name == domain; });
  if (found != domains_.end()) found->held -= jobs;
}

void JobBoard::changed() { changed_.notify_all(); }

}  // namespace stint
