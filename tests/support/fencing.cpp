#include "support/fencing.hpp"
#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace stint::test {
namespace {

constexpr std::string_view kOld = R"("old")";
constexpr std::string_view kNew = R"("new")";

constexpr std::array kSteps{FencingStep::kLose, FencingStep::kReclaim, FencingStep::kZombie,
                            FencingStep::kHolder};
constexpr std::array<std::string_view, 4> kStepNames{"lose", "reclaim", "zombie", "holder"};
constexpr std::array<std::string_view, 6> kLossNames{"crash", "rescue", "retire",
                                                     "fail",  "snooze", "interrupt"};
constexpr std::array<std::string_view, 8> kWriteNames{"done",      "fail",  "reject", "snooze",
                                                      "interrupt", "abort", "report", "log"};

template <typename Names, typename Value>
std::string_view name_of(const Names& names, Value value) {
  return names.at(static_cast<std::size_t>(value));
}

Outcome outcome_of(ZombieWrite write) {
  switch (write) {
    case ZombieWrite::kDone:
      return Outcome::kDone;
    case ZombieWrite::kFail:
      return Outcome::kFailed;
    case ZombieWrite::kReject:
      return Outcome::kRejected;
    case ZombieWrite::kSnooze:
      return Outcome::kSnoozed;
    case ZombieWrite::kInterrupt:
      return Outcome::kInterrupted;
    case ZombieWrite::kAbort:
      return Outcome::kAborted;
    case ZombieWrite::kReport:
    case ZombieWrite::kLog:
      break;
  }
  throw std::logic_error{"this write is no completion"};
}

/// One schedule under way, and what it has shown to be broken.
class Run {
 public:
  Run(Store& store, const FencingSchedule& schedule, const std::function<void()>& let_an_hour_pass)
      : store_(store), schedule_(schedule), let_an_hour_pass_(let_an_hour_pass) {
    static std::atomic<int> count{0};
    domain_ = fmt::format("fencing-{}", ++count);
    const NewJob job{.task = "t.run", .domain = domain_, .max_attempts = 100};
    id_ = store_.enqueue({&job, 1}).at(0).id;
    old_worker_ = new_worker();
    new_worker_ = schedule.same_worker ? old_worker_ : new_worker();
    old_ = claim(old_worker_);
    if (!old_) throw std::logic_error{"the job cannot be claimed"};
  }

  std::vector<std::string> to_end() {
    for (const FencingStep step : schedule_.steps) take(step);
    // Whatever the order was, the job can still be ended, once.
    constexpr int kMostRounds = 5;
    for (int round = 0; !is_final(record().state); ++round) {
      if (round == kMostRounds) {
        report("the job can never be ended");
        return violations_;
      }
      new_.reset();
      if (record().state == JobState::kRunning) {
        lose_whoever_holds_it();
      } else {
        take(FencingStep::kReclaim);
        if (!new_) {
          report("the job can never be claimed again");
          break;
        }
        take(FencingStep::kHolder);
      }
    }
    check_end();
    return violations_;
  }

 private:
  WorkerId new_worker() { return store_.register_worker({.node = "n1"}); }
  JobRecord record() { return store_.find_job(id_).value(); }

  void report(std::string_view what) {
    violations_.push_back(fmt::format("{}: {}", describe(schedule_), what));
  }

  std::optional<ClaimedJob> claim(WorkerId worker) {
    const ClaimRequest request{
        .worker = worker, .node = "n1", .tasks = {"t.run"}, .domain = domain_, .limit = 1};
    std::vector<ClaimedJob> claimed = store_.exchange({}, &request).claimed;
    if (claimed.empty()) return std::nullopt;
    if (!epochs_.insert(claimed.front().epoch).second ||
        *epochs_.rbegin() != claimed.front().epoch) {
      report("a claim did not raise the epoch");
    }
    return std::move(claimed.front());
  }

  void take(FencingStep step) {
    switch (step) {
      case FencingStep::kLose:
        return lose();
      case FencingStep::kReclaim: {
        let_an_hour_pass_();
        // A worker that was declared dead, or left, has registered anew by now.
        new_ = claim(new_worker_);
        return;
      }
      case FencingStep::kZombie:
        return zombie();
      case FencingStep::kHolder:
        if (new_) complete(*new_, Outcome::kDone, kNew);
        return;
    }
  }

  void lose() {
    const JobRecord before = record();
    lose_now();
    // Who was taken to be dead may come back at any time: nothing of its epoch may stand.
    if (!leaves_worker_alive(schedule_.loss) && before.worker == old_worker_ &&
        before.state == JobState::kRunning && record().epoch <= before.epoch) {
      report("a loss did not raise the epoch");
    }
  }

  void lose_now() {
    switch (schedule_.loss) {
      case Loss::kCrash:
        return rescue(old_worker_, std::vector<StartedJob>{{old_->id, old_->epoch}});
      case Loss::kRescue:
        return rescue(old_worker_, std::vector<StartedJob>{});
      case Loss::kRetire:
        return store_.retire_worker(old_worker_);
      case Loss::kFail:
        return complete(*old_, Outcome::kFailed, {});
      case Loss::kSnooze:
        return complete(*old_, Outcome::kSnoozed, {});
      case Loss::kInterrupt:
        return complete(*old_, Outcome::kInterrupted, {});
    }
  }

  void rescue(WorkerId worker, std::vector<StartedJob> started) {
    const RescueResult result =
        store_.rescue({.worker = worker, .beat = beat_of(worker), .started = std::move(started)});
    if (!result.was_dead) report("a rescue was refused");
  }

  std::int64_t beat_of(WorkerId worker) {
    for (const WorkerRecord& one : store_.list_workers(true)) {
      if (one.id == worker) return one.beat;
    }
    throw std::logic_error{"the worker is not alive"};
  }

  void lose_whoever_holds_it() {
    const WorkerId holder = record().worker;
    rescue(holder, {});
    if (holder == new_worker_) new_worker_ = new_worker();
  }

  void zombie() {
    if (schedule_.write == ZombieWrite::kReport) {
      const JobRecord before = record();
      const Activity activity{.id = old_->id, .epoch = old_->epoch, .progress = 0.5};
      const bool held = holds(before, *old_);
      expect(held, store_.report({&activity, 1}).at(0), "report");
      if (!held && record().progress != before.progress) report("a fenced report was stored");
    } else if (schedule_.write == ZombieWrite::kLog) {
      may_log_ = record().epoch == old_->epoch;
      const NewLogLine line{.job = old_->id, .epoch = old_->epoch, .at = {}, .text = "old"};
      store_.append_log({&line, 1});
    } else {
      complete(*old_, outcome_of(schedule_.write), kOld);
    }
  }

  static bool holds(const JobRecord& record, const ClaimedJob& claim) {
    return (record.state == JobState::kRunning || record.state == JobState::kAborting) &&
           record.epoch == claim.epoch;
  }

  static bool is_changed(const JobRecord& before, const JobRecord& after) {
    const auto content = [](const JobRecord& job) {
      return std::tie(job.state, job.epoch, job.worker, job.run_at, job.attempts, job.failures,
                      job.interruptions, job.cause, job.error, job.output);
    };
    return content(before) != content(after);
  }

  void complete(const ClaimedJob& claim, Outcome outcome, std::string_view output) {
    const JobRecord before = record();
    const Completion completion{.id = claim.id,
                                .epoch = claim.epoch,
                                .outcome = outcome,
                                .cause = outcome == Outcome::kDone ? "" : "error",
                                .output = std::string{output}};
    const WriteResult result = store_.exchange({&completion, 1}, nullptr).completed.at(0);
    expect(holds(before, claim), result, "completion");
    if (!holds(before, claim) && is_changed(before, record())) {
      report("a completion from a claim that is over changed the job");
    }
    if (result == WriteResult::kAccepted && !is_final(before.state) && is_final(record().state)) {
      ++ends_;
      output_ = completion.output;
    } else if (result == WriteResult::kAccepted && is_final(before.state)) {
      ++ends_;
    }
  }

  void expect(bool holds, WriteResult result, std::string_view what) {
    if (holds == (result == WriteResult::kAccepted)) return;
    report(fmt::format(
        "a {} was {}", what,
        holds ? "fenced though its claim is the newest" : "accepted from a claim that is over"));
  }

  void check_end() {
    if (ends_ != 1) report(fmt::format("{} completions were accepted", ends_));
    const JobRecord end = record();
    if (end.output != output_) report("the output is not that of the accepted completion");
    const auto lines = store_.read_log(id_, 1, 10).size();
    const bool should_log = schedule_.write == ZombieWrite::kLog && may_log_;
    if (lines != (should_log ? 1U : 0U)) report(fmt::format("{} lines were logged", lines));
  }

  Store& store_;
  const FencingSchedule& schedule_;
  const std::function<void()>& let_an_hour_pass_;
  std::string domain_;
  JobId id_;
  WorkerId old_worker_;
  WorkerId new_worker_;
  std::optional<ClaimedJob> old_;
  std::optional<ClaimedJob> new_;
  std::set<Epoch> epochs_;
  bool may_log_ = false;
  int ends_ = 0;
  std::string output_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::vector<FencingStep>> fencing_orders() {
  std::vector<std::vector<FencingStep>> orders;
  std::vector<FencingStep> order{kSteps.begin(), kSteps.end()};
  do {
    const auto reclaim = std::ranges::find(order, FencingStep::kReclaim);
    const auto holder = std::ranges::find(order, FencingStep::kHolder);
    if (reclaim < holder) orders.push_back(order);
  } while (std::ranges::next_permutation(order).found);
  return orders;
}

std::vector<FencingSchedule> fencing_schedules(Loss loss, bool same_worker) {
  std::vector<FencingSchedule> schedules;
  for (const std::vector<FencingStep>& steps : fencing_orders()) {
    for (std::size_t write = 0; write < kWriteNames.size(); ++write) {
      schedules.push_back({.steps = steps,
                           .loss = loss,
                           .write = static_cast<ZombieWrite>(write),
                           .same_worker = same_worker});
    }
  }
  return schedules;
}

bool leaves_worker_alive(Loss loss) {
  return loss == Loss::kFail || loss == Loss::kSnooze || loss == Loss::kInterrupt;
}

std::string describe(const FencingSchedule& schedule) {
  std::vector<std::string_view> steps;
  steps.reserve(schedule.steps.size());
  for (const FencingStep step : schedule.steps) steps.push_back(name_of(kStepNames, step));
  return fmt::format("[claim, {}; lost by {}, zombie writes {}, {} claims again]",
                     fmt::join(steps, ", "), name_of(kLossNames, schedule.loss),
                     name_of(kWriteNames, schedule.write),
                     schedule.same_worker ? "the same worker" : "another worker");
}

std::vector<std::string> run_fencing_schedule(Store& store, const FencingSchedule& schedule,
                                              const std::function<void()>& let_an_hour_pass) {
  return Run{store, schedule, let_an_hour_pass}.to_end();
}

}  // namespace stint::test
