// Random commands, given to a store and to a model of the job's life: each reply and each job's
// record must agree. A failure prints what to set RC_PARAMS to, to see it again.
#include <rapidcheck.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "job_model.hpp"
#include "stint/json.hpp"
#include "support/quick_commits.hpp"
#include "support/store_contract.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using std::chrono::milliseconds;

/// One command as plain numbers: what they mean depends on what there is by then, so that any
/// shortened list of commands still means something.
struct Command {
  int kind = 0;
  int a = 0;
  int b = 0;
  int c = 0;
};

std::ostream& operator<<(std::ostream& to, const Command& command) {
  return to << fmt::format("{{{}, {}, {}, {}}}", command.kind, command.a, command.b, command.c);
}

enum Kind : int {
  kEnqueue,
  kClaim,
  kComplete,
  kFused,
  kReport,
  kLog,
  kAbort,
  kBeat,
  kRegister,
  kRetire,
  kRescue,
  kPurge,
  kAdvance,
  kRetryJobs,
  kUpdateJobs,
  kDeleteJobs,
};

rc::Gen<Command> any_command() {
  const auto number = rc::gen::inRange(0, 1000);
  return rc::gen::build<Command>(
      rc::gen::set(&Command::kind, rc::gen::weightedElement<int>({{6, kEnqueue},
                                                                  {6, kClaim},
                                                                  {9, kComplete},
                                                                  {3, kFused},
                                                                  {2, kReport},
                                                                  {1, kLog},
                                                                  {2, kAbort},
                                                                  {1, kBeat},
                                                                  {1, kRegister},
                                                                  {1, kRetire},
                                                                  {3, kRescue},
                                                                  {1, kPurge},
                                                                  {4, kAdvance},
                                                                  {2, kRetryJobs},
                                                                  {2, kUpdateJobs},
                                                                  {1, kDeleteJobs}})),
      rc::gen::set(&Command::a, number), rc::gen::set(&Command::b, number),
      rc::gen::set(&Command::c, number));
}

template <typename Items>
const auto& pick(const Items& items, int number) {
  return items[static_cast<std::size_t>(number) % items.size()];
}

struct Claim {
  StartedJob job;
  WorkerId worker;
};

/// One list of commands under way, against a store that may hold the jobs of others.
class LifeTrial {
 public:
  LifeTrial(Store& store, StoreTime now) : store_(store), model_(now) {
    static int count = 0;
    ++count;
    domains_ = {fmt::format("d{}-a", count), fmt::format("d{}-b", count)};
    keys_ = {fmt::format("k{}-a", count), fmt::format("k{}-b", count)};
    store_.set_time_for_tests(now);
    register_worker(0);
  }

  StoreTime now() const { return model_.now(); }

  void take(const Command& command) {
    switch (static_cast<Kind>(command.kind)) {
      case kEnqueue:
        enqueue(command);
        break;
      case kClaim:
        claim(command, {});
        break;
      case kComplete:
        exchange({completion(command)}, nullptr);
        break;
      case kFused:
        claim(command, {completion(command), completion({0, command.b, command.c, command.a})});
        break;
      case kReport:
        report(command);
        break;
      case kLog:
        log(command);
        break;
      case kAbort:
        abort(command);
        break;
      case kBeat:
        RC_ASSERT(store_.beat(any_worker(command.a)) == model_.beat(any_worker(command.a)));
        break;
      case kRegister:
        register_worker(command.a);
        break;
      case kRetire:
        store_.retire_worker(any_worker(command.a));
        model_.retire(any_worker(command.a));
        break;
      case kRescue:
        rescue(command);
        break;
      case kPurge:
        purge(command);
        break;
      case kAdvance:
        advance(command);
        break;
      case kRetryJobs:
        retry(command);
        break;
      case kUpdateJobs:
        update(command);
        break;
      case kDeleteJobs:
        remove(command);
        break;
    }
    compare_jobs();
  }

  void compare_at_end() {
    for (const auto& [id, job] : model_.jobs()) {
      std::vector<std::string> causes;
      for (const AttemptRecord& one : store_.list_attempts(id)) {
        causes.push_back(one.cause.starts_with("crash") ? "crash" : one.cause);
      }
      RC_ASSERT(causes == job.attempt_causes);
    }
    compare_workers();
    compare_counts();
  }

 private:
  WorkerId any_worker(int number) const { return pick(workers_, number); }

  void register_worker(int number) {
    const std::string node = number % 4 == 3 ? "n2" : "n1";
    const WorkerId id = store_.register_worker({.node = node});
    RC_ASSERT(!model_.workers().contains(id));
    workers_.push_back(id);
    model_.add_worker(id, node);
  }

  void enqueue(const Command& command) {
    std::vector<NewJob> jobs;
    for (int i = 0; i <= command.c % 3; ++i) {
      NewJob job{.task = (command.a + i) % 3 == 0 ? "t.other" : "t.run"};
      job.domain = pick(domains_, command.a / 2 + i);
      job.priority = pick(std::array{0, 0, 5, -3}, command.b + i);
      job.delay = pick(std::array{0, 0, 0, 10'000, 3'600'000}, command.a + i) * milliseconds{1};
      if (command.b % 5 == 4) job.run_at = now() + seconds{command.a % 60 - 30};
      if (command.b % 7 == 6) job.node = "n1";
      job.max_attempts = 1 + command.c % 3;
      if (command.c % 11 == 10) job.flags.mask |= JobFlags::kAtMostOnce;
      if (command.a % 6 == 5 && i == 0) job.idempotency_key = pick(keys_, command.b);
      jobs.push_back(std::move(job));
    }
    const std::vector<Enqueued> reply = store_.enqueue(jobs);
    RC_ASSERT(reply.size() == jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const std::optional<JobId> known = model_.known(jobs[i]);
      RC_ASSERT(reply[i].inserted == !known.has_value());
      if (known) {
        RC_ASSERT(reply[i].id == *known);
      } else {
        RC_ASSERT(!model_.jobs().contains(reply[i].id));
        model_.enqueue(jobs[i], reply[i].id);
        ids_.push_back(reply[i].id);
      }
    }
  }

  void claim(const Command& command, std::vector<Completion> completions) {
    ClaimRequest request;
    request.worker = any_worker(command.a);
    request.node = model_.workers().at(request.worker).node;
    request.tasks = {"t.run"};
    if (command.b % 4 != 0) request.tasks.emplace_back("t.other");
    request.domain = pick(domains_, command.b / 4);
    request.limit = 1 + command.c % 4;
    // One job is completed once in a call: the worker's board sees to that.
    if (completions.size() == 2 && completions[0].id == completions[1].id) completions.pop_back();
    std::erase_if(completions, [](const Completion& one) { return !one.id; });
    exchange(completions, &request);
  }

  void exchange(const std::vector<Completion>& given, const ClaimRequest* request) {
    std::vector<Completion> completions = given;
    std::erase_if(completions, [](const Completion& one) { return !one.id; });
    if (completions.empty() && request == nullptr) return;
    const Exchange reply = store_.exchange(completions, request);
    RC_ASSERT(reply.completed.size() == completions.size());
    RC_ASSERT(reply.states.size() == completions.size());
    for (std::size_t i = 0; i < completions.size(); ++i) {
      const WriteResult expected = model_.complete(completions[i]);
      RC_ASSERT(reply.completed[i] == expected);
      const bool is_taken = expected == WriteResult::kAccepted;
      RC_ASSERT(reply.states[i].has_value() == is_taken);
      if (is_taken) RC_ASSERT(*reply.states[i] == model_.jobs().at(completions[i].id).state);
    }
    std::vector<StartedJob> expected;
    if (request != nullptr) expected = model_.claim(*request);
    std::vector<StartedJob> claimed;
    for (const ClaimedJob& job : reply.claimed) {
      claimed.push_back({job.id, job.epoch});
      check_claimed(job);
    }
    for (const StartedJob& job : claimed) claims_.push_back({job, request->worker});
    // Which ones is promised; their order in the reply is not.
    const auto by_id = [](const StartedJob& a, const StartedJob& b) { return a.id < b.id; };
    std::ranges::sort(claimed, by_id);
    std::ranges::sort(expected, by_id);
    RC_ASSERT(claimed == expected);
  }

  void check_claimed(const ClaimedJob& job) {
    const ModelJob& known = model_.jobs().at(job.id);
    RC_ASSERT(job.attempts == known.attempts);
    RC_ASSERT(job.failures == known.failures);
    RC_ASSERT(job.crashes == known.crashes);
    RC_ASSERT(job.max_attempts == known.asked.max_attempts);
    RC_ASSERT(job.flags.mask == known.asked.flags.mask);
    RC_ASSERT(job.task == known.asked.task);
    RC_ASSERT(same_json(job.args, known.asked.args));
    RC_ASSERT(job.domain == known.asked.domain);
  }

  /// Mostly of the latest claims, sometimes of one that is long over.
  const Claim* any_claim(int number) const {
    if (claims_.empty()) return nullptr;
    const std::size_t recent = std::min<std::size_t>(claims_.size(), 6);
    if (number % 4 == 0) return &pick(claims_, number / 4);
    return &claims_[claims_.size() - 1 - static_cast<std::size_t>(number / 4) % recent];
  }

  Completion completion(const Command& command) const {
    Completion end;
    const Claim* claim = any_claim(command.a);
    if (claim == nullptr) return end;
    end.id = claim->job.id;
    end.epoch = claim->job.epoch;
    end.outcome = pick(
        std::array{Outcome::kDone, Outcome::kDone, Outcome::kFailed, Outcome::kFailed,
                   Outcome::kFailed, Outcome::kRejected, Outcome::kSnoozed, Outcome::kInterrupted,
                   Outcome::kInterrupted, Outcome::kAborted, Outcome::kCrashed},
        command.b);
    // Only what never began can be given back so.
    const auto& jobs = model_.jobs();
    const bool has_begun = jobs.contains(end.id) && jobs.at(end.id).started_at.has_value();
    end.started = has_begun || end.outcome != Outcome::kInterrupted || command.c % 2 == 0;
    end.ran_for = milliseconds{command.c % 5'000};
    end.ended_before = milliseconds{command.a % 100};
    if (!end.started) end.ran_for = end.ended_before = microseconds{0};
    if (end.outcome == Outcome::kCrashed) end.started = true;
    if (end.outcome == Outcome::kFailed || end.outcome == Outcome::kSnoozed ||
        end.outcome == Outcome::kCrashed) {
      end.delay = pick(std::array{0, 100, 10'000}, command.c) * milliseconds{1};
    }
    if (end.outcome == Outcome::kFailed || end.outcome == Outcome::kRejected ||
        end.outcome == Outcome::kCrashed) {
      end.cause = end.outcome == Outcome::kRejected ? "rejected" : "error";
      if (end.outcome == Outcome::kCrashed) end.cause = "crash";
      end.error = json{{"type", "Oops"}, {"message", fmt::format("m{}", command.c)}}.dump();
    }
    if (end.outcome != Outcome::kSnoozed && end.outcome != Outcome::kInterrupted &&
        command.c % 3 == 0) {
      end.output = fmt::format("{}", command.c);
    }
    return end;
  }

  void report(const Command& command) {
    const Claim* claim = any_claim(command.a);
    if (claim == nullptr) return;
    Activity activity{.id = claim->job.id, .epoch = claim->job.epoch};
    activity.running_for = milliseconds{command.b};
    if (command.c % 2 == 0) {
      activity.progress = (command.c % 9) / 8.0;
      activity.progress_message = command.c % 3 == 0 ? "" : fmt::format("step {}", command.c);
    }
    RC_ASSERT(store_.report({&activity, 1}).at(0) == model_.report(activity));
  }

  void log(const Command& command) {
    const Claim* claim = any_claim(command.a);
    if (claim == nullptr) return;
    const auto lines = [&] { return store_.read_log(claim->job.id, 1, 10'000).size(); };
    const bool is_taken = model_.takes_log_line(claim->job.id, claim->job.epoch);
    const std::size_t before = lines();
    const NewLogLine line{
        .job = claim->job.id, .epoch = claim->job.epoch, .at = now(), .text = "line"};
    store_.append_log({&line, 1});
    RC_ASSERT(lines() == before + (is_taken ? 1 : 0));
  }

  void abort(const Command& command) {
    if (ids_.empty()) return;
    const JobId id = pick(ids_, command.a);
    const std::string message = command.b % 2 == 0 ? "" : fmt::format("stop {}", command.b);
    RC_ASSERT(store_.abort(id, message) == model_.abort(id, message));
    for (const WorkerId worker : workers_) {
      std::vector<StartedJob> requests;
      for (const AbortRequest& one : store_.job_requests(worker).aborts) {
        requests.push_back({one.id, one.epoch});
      }
      std::ranges::sort(requests, {}, [](const StartedJob& job) { return job.id; });
      RC_ASSERT(requests == model_.abort_requests(worker));
    }
  }

  void rescue(const Command& command) {
    RescueRequest request{.worker = any_worker(command.a)};
    request.beat = model_.workers().at(request.worker).beat - (command.b % 5 == 4 ? 1 : 0);
    if (command.c % 4 != 3) {
      request.started.emplace();
      for (std::size_t i = 0; i < claims_.size(); ++i) {
        // Some that had begun, and now and then one that is over by now.
        const Claim& claim = claims_[claims_.size() - 1 - i];
        if (claim.worker != request.worker || i > 20) continue;
        if ((command.b >> (i % 8)) % 2 == 0) request.started->push_back(claim.job);
      }
    }
    const RescueResult expected = model_.rescue(request);
    const RescueResult reply = store_.rescue(request);
    RC_ASSERT(reply.was_dead == expected.was_dead);
    RC_ASSERT(reply.crashed == expected.crashed);
    RC_ASSERT(reply.interrupted == expected.interrupted);
    RC_ASSERT(reply.failed == expected.failed);
  }

  void purge(const Command& command) {
    PurgeFilter filter;
    filter.domain = pick(domains_, command.a);
    filter.queued = command.b % 3 == 0;
    filter.older_than = pick(std::array{0, 1'000, 60'000}, command.c) * milliseconds{1};
    RC_ASSERT(store_.purge_jobs(filter) == model_.purge(filter));
  }

  /// Some of the latest jobs and one of any age, in no order; perhaps one that never was.
  std::vector<JobId> some_jobs(const Command& command) const {
    std::vector<JobId> ids;
    if (command.a % 10 == 9) ids.push_back(JobId{1'000'000'000});
    for (std::size_t i = 0; i < ids_.size() && i < 8; ++i) {
      if ((command.b >> i) % 2 == 0) ids.push_back(ids_[ids_.size() - 1 - i]);
    }
    if (!ids_.empty() && !std::ranges::count(ids, pick(ids_, command.c))) {
      ids.push_back(pick(ids_, command.c));
    }
    return ids;
  }

  void retry(const Command& command) {
    const std::vector<JobId> ids = some_jobs(command);
    const RetryOf which = command.a % 3 == 0 ? RetryOf::kAnyEnd : RetryOf::kFailures;
    const std::vector<OperationResult> reply = store_.retry_jobs(ids, which);
    RC_ASSERT(reply.size() == ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      RC_ASSERT((reply[i] == model_.retry(ids[i], which)));
    }
  }

  void update(const Command& command) {
    std::vector<JobUpdate> updates;
    for (const JobId id : some_jobs(command)) {
      JobUpdate update{.id = id};
      const int kind = (command.c + static_cast<int>(updates.size())) % 7;
      if (kind % 2 == 0) update.priority = pick(std::array{0, 5, -3, 7}, command.a);
      if (kind == 1) update.run_at = now() + seconds{command.a % 60 - 30};
      if (kind == 2) update.delay = milliseconds{command.b * 10};
      if (kind > 3) {
        const auto job = model_.jobs().find(id);
        const Epoch known = job == model_.jobs().end() ? Epoch{} : job->second.epoch;
        update.arguments = NewArguments{.read = Epoch{known.value - (command.a % 5 == 0 ? 1 : 0)},
                                        .args = fmt::format(R"({{"x":{}}})", command.b)};
      }
      updates.push_back(std::move(update));
    }
    const std::vector<OperationResult> reply = store_.update_jobs(updates);
    RC_ASSERT(reply.size() == updates.size());
    for (std::size_t i = 0; i < updates.size(); ++i) {
      RC_ASSERT((reply[i] == model_.update(updates[i])));
    }
  }

  void remove(const Command& command) {
    const std::vector<JobId> ids = some_jobs(command);
    const std::vector<OperationResult> reply = store_.delete_jobs(ids);
    RC_ASSERT(reply.size() == ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      RC_ASSERT((reply[i] == model_.remove(ids[i])));
    }
  }

  void advance(const Command& command) {
    model_.advance(pick(std::array{1'000LL, 1'500'000LL, 30'000'000LL, 900'000'000LL}, command.a) *
                   microseconds{1});
    store_.set_time_for_tests(now());
  }

  // --- What the store shows ---------------------------------------------------------------------

  std::vector<JobRecord> stored_jobs() {
    std::vector<JobRecord> all;
    for (const std::string& domain : domains_) {
      const auto some = store_.list_jobs({.domain = domain, .limit = 10'000});
      RC_ASSERT(
          std::ranges::is_sorted(some, std::greater{}, [](const auto& job) { return job.id; }));
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  void compare_jobs() {
    const std::vector<JobRecord> stored = stored_jobs();
    RC_ASSERT(stored.size() == model_.jobs().size());
    for (const JobRecord& record : stored) {
      RC_ASSERT(model_.jobs().contains(record.id));
      compare(record, model_.jobs().at(record.id));
    }
  }

  void compare(const JobRecord& record, ModelJob& job) {
    if (job.run_at_range) {
      RC_ASSERT(record.run_at >= job.run_at_range->first);
      RC_ASSERT(record.run_at <= job.run_at_range->second);
      job.run_at = record.run_at;
      job.run_at_range.reset();
    }
    RC_ASSERT(to_string(record.state) == to_string(model_.shown_state(job)));
    RC_ASSERT(record.task == job.asked.task);
    RC_ASSERT(record.domain == job.asked.domain);
    RC_ASSERT(record.node == job.asked.node);
    RC_ASSERT(record.priority == job.asked.priority);
    RC_ASSERT(same_json(record.args, job.asked.args));
    RC_ASSERT(record.idempotency_key == job.asked.idempotency_key);
    RC_ASSERT(record.max_attempts == job.asked.max_attempts);
    RC_ASSERT(record.epoch.value == job.epoch.value);
    RC_ASSERT(record.attempts == model_.shown_attempts(job));
    RC_ASSERT(record.failures == job.failures);
    RC_ASSERT(record.crashes == job.crashes);
    RC_ASSERT(record.interruptions == job.interruptions);
    RC_ASSERT(record.created_at == job.created_at);
    RC_ASSERT(record.run_at == job.run_at);
    RC_ASSERT(record.finished_at == job.finished_at);
    RC_ASSERT(record.worker.value == job.worker.value);
    if (job.is_start_known) RC_ASSERT(record.started_at == job.started_at);
    compare_texts(record, job);
  }

  static void compare_texts(const JobRecord& record, const ModelJob& job) {
    RC_ASSERT(record.cause == job.cause);
    if (job.error_message == "*") {
      RC_ASSERT(message_of(record.error) != "");
    } else {
      RC_ASSERT(message_of(record.error) == job.error_message);
    }
    RC_ASSERT(record.output == job.output);
    RC_ASSERT(record.progress.has_value() == job.progress.has_value());
    if (job.progress) RC_ASSERT(std::abs(*record.progress - *job.progress) < 1e-6);
    RC_ASSERT(record.progress_message == job.progress_message);
  }

  void compare_workers() {
    std::size_t seen = 0;
    for (const WorkerRecord& record : store_.list_workers(false)) {
      const auto found = model_.workers().find(record.id);
      if (found == model_.workers().end()) continue;
      ++seen;
      RC_ASSERT(static_cast<int>(record.state) == static_cast<int>(found->second.state));
      RC_ASSERT(record.beat == found->second.beat);
      const auto holds = [&](const auto& entry) {
        return entry.second.state == JobState::kRunning && entry.second.worker == record.id;
      };
      RC_ASSERT(record.running == std::ranges::count_if(model_.jobs(), holds));
    }
    RC_ASSERT(seen == workers_.size());
  }

  void compare_counts() {
    std::map<std::pair<std::string, JobState>, std::int64_t> expected;
    for (const auto& [id, job] : model_.jobs()) {
      ++expected[{job.asked.domain, model_.shown_state(job)}];
    }
    std::map<std::pair<std::string, JobState>, std::int64_t> counted;
    for (const StoreStatus::Count& one : store_.status().counts) {
      if (std::ranges::find(domains_, one.domain) == domains_.end() || one.jobs == 0) continue;
      counted[{one.domain, one.state}] += one.jobs;
    }
    RC_ASSERT((counted == expected));
  }

  Store& store_;
  JobModel model_;
  std::vector<std::string> domains_;
  std::vector<std::string> keys_;
  std::vector<WorkerId> workers_;
  std::vector<JobId> ids_;
  std::vector<Claim> claims_;
};

class JobLife : public StoreContract {
 protected:
  JobLife() { let_commits_be_quick(); }
};
STINT_ON_EVERY_STORE(JobLife);

TEST_P(JobLife, AgreesWithTheModel) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  if (std::getenv("RC_PARAMS") == nullptr) {
    params.maxSuccess = is_full_size() ? 500 : 40;
    params.maxSize = 150;
  }
  StoreTime start = now();
  const auto property = [&] {
    const auto commands = *rc::gen::container<std::vector<Command>>(any_command());
    LifeTrial trial{store(), start};
    for (const Command& command : commands) trial.take(command);
    trial.compare_at_end();
    start = trial.now();  // a store's time does not go back
  };
  const rc::detail::TestResult result =
      rc::detail::checkTestable(property, rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  std::printf("seed=%llu: %s\n", static_cast<unsigned long long>(params.seed), text.str().c_str());
  EXPECT_TRUE(result.template is<rc::detail::SuccessResult>()) << text.str();
}

}  // namespace
}  // namespace stint::test
