#include "backends/postgres/exchange_commands.hpp"
#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include "base/utf8.hpp"
#include "core/crash_rule.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// The numbers of complete_other.sql.
std::int16_t outcome_number(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone:
      return 0;
    case Outcome::kFailed:
      return 1;
    case Outcome::kRejected:
      return 2;
    case Outcome::kSnoozed:
      return 3;
    case Outcome::kInterrupted:
      return 4;
    case Outcome::kAborted:
      return 5;
    case Outcome::kCrashed:
      return 6;
  }
  return 5;
}

bool is_simply_done(const Completion& completion) {
  return completion.outcome == Outcome::kDone && completion.started && completion.cause.empty() &&
         completion.error.empty();
}

// The columns of claim.sql and claim_from_marks.sql.
enum ClaimColumn : int {
  kId,
  kEpoch,
  kRunAt,
  kAttempts,
  kFailures,
  kCrashes,
  kMaxAttempts,
  kFlags,
  kTask,
  kShortArgs,
  kPriority,
  kTook,
  kNow
};

ClaimedJob read_claimed(const Row& row, const std::string& domain) {
  return {.id = JobId{row.int64(kId)},
          .epoch = Epoch{row.int64(kEpoch)},
          .attempts = row.int32(kAttempts),
          .failures = row.int32(kFailures),
          .crashes = row.int32(kCrashes),
          .max_attempts = row.int32(kMaxAttempts),
          .flags = JobFlags{row.int32(kFlags)},
          .domain = domain,
          .task = row.string(kTask),
          .args = row.string(kShortArgs),
          // Both are the server's own microseconds.
          .waited = microseconds{row.int64(kNow) - row.int64(kRunAt)}};
}

}  // namespace

ExchangePlan::ExchangePlan(std::span<const Completion> completions, const ClaimRequest* claim,
                           std::int64_t claim_number, std::span<const ClaimMark> marks,
                           std::optional<StoreTime> now)
    : completions_(completions), claim_(claim) {
  std::vector<const Completion*> done;
  std::vector<const Completion*> other;
  const auto key = [](const Completion* one) { return std::pair{one->id, one->epoch}; };
  // Of equal ones the first of the call comes first: all stand in one array.
  const auto is_before = [&](const Completion* a, const Completion* b) {
    return std::tuple{a->id, a->epoch, a} < std::tuple{b->id, b->epoch, b};
  };
  for (const Completion& one : completions) (is_simply_done(one) ? done : other).push_back(&one);
  for (auto* group : {&done, &other}) {
    // In the order of ids, so that two transactions never wait for each other; and an execution
    // that is ended twice in one call ends once.
    std::ranges::sort(*group, is_before);
    const auto repeated = std::ranges::unique(*group, {}, key);
    group->erase(repeated.begin(), repeated.end());
  }
  if (!done.empty()) add_done(done, now);
  if (!other.empty()) add_other(other, now);
  add_attachments(completions);
  if (claim != nullptr) add_claim(*claim, claim_number, marks, now);
}

void ExchangePlan::commit_quickly() { commands_.push_back({&sql::commit_quickly, {}}); }

void ExchangePlan::add_done(std::span<const Completion* const> done, std::optional<StoreTime> now) {
  const std::size_t rows = done.size();
  Column ids = Column::int64s(rows);
  Column epochs = Column::int64s(rows);
  Column ran = Column::intervals(rows);
  Column before = Column::intervals(rows);
  Column outputs = Column::texts(rows);
  bool has_output = false;
  for (const Completion* one : done) {
    has_output = has_output || !one->output.empty();
    ids.add(one->id.value);
    epochs.add(one->epoch.value);
    ran.add(one->ran_for);
    before.add(one->ended_before);
    outputs.add_or_null(one->output);
  }
  Parameters parameters;
  parameters.add(now)
      .add(std::move(ids))
      .add(std::move(epochs))
      .add(std::move(ran))
      .add(std::move(before));
  if (has_output) {
    parameters.add(std::move(outputs));
  } else {
    parameters.add_null(oid::kTextArray);
  }
  commands_.push_back({&sql::complete_done, std::move(parameters)});
}

void ExchangePlan::add_other(std::span<const Completion* const> other,
                             std::optional<StoreTime> now) {
  const std::size_t rows = other.size();
  Column ids = Column::int64s(rows);
  Column epochs = Column::int64s(rows);
  Column outcomes = Column::int16s(rows);
  Column started = Column::booleans(rows);
  Column ran = Column::int64s(rows);
  Column before = Column::int64s(rows);
  Column delays = Column::int64s(rows);
  Column causes = Column::texts(rows);
  Column errors = Column::texts(rows);
  Column outputs = Column::texts(rows);
  for (const Completion* one : other) {
    ids.add(one->id.value);
    epochs.add(one->epoch.value);
    outcomes.add(outcome_number(one->outcome));
    started.add(one->started);
    ran.add(static_cast<std::int64_t>(one->ran_for.count()));
    before.add(static_cast<std::int64_t>(one->ended_before.count()));
    delays.add(static_cast<std::int64_t>(one->delay.count()));
    // A failure must not fail to be written for the text that it brings.
    causes.add_or_null(sanitize_text(one->cause));
    errors.add_or_null(sanitize_json(one->error));
    outputs.add_or_null(one->output);
  }
  Parameters parameters;
  parameters.add(now)
      .add(std::move(ids))
      .add(std::move(epochs))
      .add(std::move(outcomes))
      .add(std::move(started))
      .add(std::move(ran))
      .add(std::move(before))
      .add(std::move(delays))
      .add(std::move(causes))
      .add(std::move(errors))
      .add(std::move(outputs))
      .add(kCrashLimit);
  commands_.push_back({&sql::complete_other, std::move(parameters)});
}

void ExchangePlan::add_attachments(std::span<const Completion> completions) {
  for (const Completion& completion : completions) {
    std::int32_t position = 0;
    for (const std::string& data : completion.attachments) {
      // A statement each: they may be large.
      commands_.push_back({&sql::insert_output_attachments,
                           output_attachment(completion.id, completion.epoch, position++, data)});
    }
  }
}

void ExchangePlan::add_claim(const ClaimRequest& claim, std::int64_t number,
                             std::span<const ClaimMark> marks, std::optional<StoreTime> now) {
  Column tasks = Column::texts(claim.tasks.size());
  for (const std::string& task : claim.tasks) tasks.add(std::string_view{task});
  Parameters parameters;
  parameters.add(claim.worker)
      .add(std::string_view{claim.domain})
      .add(std::move(tasks))
      .add(std::string_view{claim.node})
      .add(claim.limit)
      .add(number)
      .add(now);
  if (marks.empty()) {
    commands_.push_back({&sql::claim, std::move(parameters)});
    return;
  }
  Column priorities = Column::int16s(marks.size());
  Column places = Column::times(marks.size());
  for (const ClaimMark& mark : marks) {
    priorities.add(static_cast<std::int16_t>(mark.priority));
    places.add(mark.run_at);
  }
  parameters.add(std::move(priorities)).add(std::move(places));
  commands_.push_back({&sql::claim_from_marks, std::move(parameters)});
}

void ExchangePlan::read_claim(const Result& result, const std::string& domain, Outcome& outcome) {
  if (result.empty()) return;
  outcome.has_missed = result.row(0).is_null(kId);
  if (outcome.has_missed) return;
  // The statement does not sort, and an update returns rows in no certain order.
  const int rows = result.rows();
  std::vector<std::tuple<std::int64_t, std::int64_t, int>> order;
  order.reserve(static_cast<std::size_t>(rows));
  for (int i = 0; i < rows; ++i) {
    order.emplace_back(result.row(i).int64(kRunAt), result.row(i).int64(kId), i);
  }
  std::ranges::sort(order);
  std::vector<ClaimedJob>& claimed = outcome.exchange.claimed;
  claimed.reserve(order.size());
  for (const auto& [run_at, id, row] : order) {
    claimed.push_back(read_claimed(result.row(row), domain));
  }
  outcome.last_claimed = {.priority = result.row(0).int32(kPriority),
                          .run_at = std::get<0>(order.back())};
  outcome.claim_took = std::chrono::duration_cast<microseconds>(
      std::chrono::duration<float>(result.row(0).float32(kTook)));
}

ExchangePlan::Outcome ExchangePlan::read(std::span<const Result> results) const {
  Outcome outcome;
  std::map<std::pair<std::int64_t, std::int64_t>, JobState> states;  // of those accepted
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const SqlFile* file = commands_[i].file;
    const Result& result = results[i];
    if (file == &sql::claim || file == &sql::claim_from_marks) {
      read_claim(result, claim_->domain, outcome);
    }
    if (file != &sql::complete_done && file != &sql::complete_other) continue;
    for (int row = 0; row < result.rows(); ++row) {
      const Row one = result.row(row);
      const JobState state =
          file == &sql::complete_other ? static_cast<JobState>(one.int32(2)) : JobState::kDone;
      states.emplace(std::pair{one.int64(0), one.int64(1)}, state);
      if (state == JobState::kQueued) outcome.requeued.insert(one.string(3));
    }
  }
  outcome.exchange.completed.reserve(completions_.size());
  outcome.exchange.states.reserve(completions_.size());
  for (const Completion& one : completions_) {
    // Taken out: the second of two equal completions is fenced.
    const auto state = states.extract({one.id.value, one.epoch.value});
    outcome.exchange.completed.push_back(state.empty() ? WriteResult::kFenced
                                                       : WriteResult::kAccepted);
    outcome.exchange.states.push_back(state.empty() ? std::nullopt : std::optional{state.mapped()});
  }
  return outcome;
}

std::optional<Command> details_command(std::span<const ClaimedJob> claimed) {
  Column ids = Column::int64s(claimed.size());
  for (const ClaimedJob& job : claimed) {
    if (job.args.empty()) ids.add(job.id.value);
  }
  if (ids.rows() == 0) return std::nullopt;
  Parameters parameters;
  parameters.add(std::move(ids));
  return Command{&sql::claimed_details, std::move(parameters)};
}

void add_details(const Result& details, std::vector<ClaimedJob>& claimed) {
  std::unordered_map<std::int64_t, int> rows;
  for (int i = 0; i < details.rows(); ++i) rows.emplace(details.row(i).int64(0), i);
  for (ClaimedJob& job : claimed) {
    const auto found = rows.find(job.id.value);
    if (found == rows.end()) continue;
    const Row row = details.row(found->second);
    job.timeout = milliseconds{row.int64(1)};
    job.has_attachments = row.boolean(2);
    job.args = row.string(3);
    job.metadata = row.string(4);
  }
  // Somebody took them out of the table by hand: there is nothing that could be run.
  std::erase_if(claimed, [](const ClaimedJob& job) { return job.args.empty(); });
}

Parameters output_attachment(JobId id, Epoch epoch, std::int32_t position, std::string_view data) {
  Column ids = Column::int64s(1);
  Column epochs = Column::int64s(1);
  Column positions = Column::int32s(1);
  Column datas = Column::bytes(1);
  ids.add(id.value);
  epochs.add(epoch.value);
  positions.add(position);
  datas.add(data);
  Parameters parameters;
  parameters.add(std::move(ids))
      .add(std::move(epochs))
      .add(std::move(positions))
      .add(std::move(datas));
  return parameters;
}

Command free_jobs_command(WorkerId worker, std::optional<std::int64_t> claim,
                          const std::optional<std::vector<StartedJob>>& started,
                          std::optional<StoreTime> now) {
  const std::size_t rows = started ? started->size() : 0;
  Column ids = Column::int64s(rows);
  Column epochs = Column::int64s(rows);
  if (started) {
    for (const StartedJob& job : *started) {
      ids.add(job.id.value);
      epochs.add(job.epoch.value);
    }
  }
  Parameters parameters;
  parameters.add(worker);
  if (claim) {
    parameters.add(*claim);
  } else {
    parameters.add_null(oid::kInt8);
  }
  parameters.add(!claim.has_value())
      .add(std::move(ids))
      .add(std::move(epochs))
      .add(started.has_value())
      .add(kCrashLimit)
      .add(now);
  return {&sql::free_jobs, std::move(parameters)};
}

std::set<std::string> requeued_domains(const Result& freed) {
  std::set<std::string> domains;
  for (int i = 0; i < freed.rows(); ++i) {
    const Row row = freed.row(i);
    if (row.int32(1) == static_cast<int>(JobState::kQueued)) domains.insert(row.string(2));
  }
  return domains;
}

}  // namespace stint::postgres
