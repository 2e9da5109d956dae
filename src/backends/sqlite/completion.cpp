#include "backends/sqlite/completion.hpp"
#include <algorithm>
#include "backends/sqlite/ending.hpp"
#include "backends/sqlite/given_ids.hpp"
#include "base/utf8.hpp"
#include "core/crash_rule.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr int kOutputKind = 2;

/// When an attempt began and ended, computed back from this write.
struct Times {
  std::int64_t ended_at;
  std::optional<std::int64_t> started_at;  // nothing if it never began

  Times(const Transaction& transaction, const Completion& completion)
      : ended_at(transaction.now - completion.ended_before.count()) {
    if (completion.started) started_at = ended_at - completion.ran_for.count();
  }
};

std::string_view or_else(std::string_view text, std::string_view other) {
  return text.empty() ? other : text;
}

// In the order of the columns of given_ends.
constexpr const char* kColumns = "place, id, epoch, attempts, started_at, finished_at, output";

/// The completions that are done, by their places among all.
class DoneRows final : public GivenRows {
 public:
  DoneRows(const Transaction& transaction, std::span<const Completion> completions)
      : transaction_(transaction), completions_(completions) {
    for (std::size_t i = 0; i < completions.size(); ++i) {
      if (completions[i].outcome == Outcome::kDone) places_.push_back(i);
    }
  }

  std::size_t size() const override { return places_.size(); }

  void value(sqlite3_context* to, std::size_t row, int column) const override {
    const Completion& completion = completions_[places_[row]];
    const Times times{transaction_, completion};
    switch (column) {
      case 0:
        return give(to, static_cast<std::int64_t>(places_[row]));
      case 1:
        return give(to, completion.id.value);
      case 2:
        return give(to, completion.epoch.value);
      case 3:
        return give(to, std::int64_t{completion.started ? 1 : 0});
      case 4:
        return give(to, times.started_at);
      case 5:
        return give(to, times.ended_at);
      default:
        return give_or_null(to, completion.output);
    }
  }

  const std::vector<std::size_t>& places() const { return places_; }

 private:
  const Transaction& transaction_;
  std::span<const Completion> completions_;
  std::vector<std::size_t> places_;
};

bool has_a_job_twice(std::span<const Completion> completions) {
  std::vector<JobId> ids;
  ids.reserve(completions.size());
  for (const Completion& completion : completions) ids.push_back(completion.id);
  std::ranges::sort(ids);
  return std::ranges::adjacent_find(ids) != ids.end();
}

JobState settle_failure(Transaction& transaction, const LiveJob& job, const Completion& completion,
                        Ending ending) {
  const bool is_rejected = completion.outcome == Outcome::kRejected;
  const std::string cause = sanitize_text(completion.cause);
  ending.counts.failures = 1;
  ending.cause = or_else(cause, is_rejected ? "rejected" : "error");
  remember_attempt(transaction, job, ending);
  if (is_rejected || (!job.abort_asked && job.failures + 1 >= job.max_attempts)) {
    return finish(transaction, job, JobState::kFailed, ending);
  }
  if (job.abort_asked) return finish_aborted(transaction, job, ending);
  return requeue(transaction, job, transaction.now + microseconds{completion.delay}.count(),
                 ending);
}

JobState settle_crash(Transaction& transaction, const LiveJob& job, const Completion& completion,
                      Ending ending) {
  const bool is_over_limit = job.lone_crashes + 1 >= kCrashLimit;
  ending.counts.crashes = 1;
  ending.counts.lone_crashes = 1;
  ending.cause = is_over_limit ? "crash limit" : "crash";
  remember_attempt(transaction, job, ending);
  if (job.abort_asked) return finish_aborted(transaction, job, ending);
  if (is_over_limit || job.flags.at_most_once()) {
    return finish(transaction, job, JobState::kFailed, ending);
  }
  ending.output = {};
  return requeue(transaction, job, transaction.now + microseconds{completion.delay}.count(),
                 ending);
}

JobState settle(Transaction& transaction, const LiveJob& job, const Completion& completion) {
  const Times times{transaction, completion};
  const std::string error = sanitize_json(completion.error);
  Ending ending{.counts = {.attempts = completion.started ? 1 : 0},
                .started_at = job.started_at ? job.started_at : times.started_at,
                .ended_at = times.ended_at,
                .error = error,
                .output = completion.output};
  switch (completion.outcome) {
    case Outcome::kDone:
      return finish(transaction, job, JobState::kDone, ending);
    case Outcome::kFailed:
    case Outcome::kRejected:
      return settle_failure(transaction, job, completion, ending);
    case Outcome::kAborted:
      ending.cause = "aborted";
      return finish_aborted(transaction, job, ending);
    case Outcome::kSnoozed:
      if (job.abort_asked) return finish_aborted(transaction, job, ending);
      return requeue(transaction, job, transaction.now + microseconds{completion.delay}.count(),
                     Ending{});
    case Outcome::kInterrupted:
      ending.counts.interruptions = 1;
      if (job.abort_asked) return finish_aborted(transaction, job, ending);
      ending.error = {};
      return requeue(transaction, job, std::nullopt, ending);
    case Outcome::kCrashed:
      break;
  }
  return settle_crash(transaction, job, completion, ending);
}

void keep_output_bytes(Transaction& transaction, const Completion& completion) {
  for (std::size_t i = 0; i < completion.attachments.size(); ++i) {
    transaction.connection.use(sql::insert_attachments)
        .bind(completion.id.value, kOutputKind, i, Blob{completion.attachments[i]})
        .run();
  }
}

std::optional<JobState> complete_one(Transaction& transaction, const Completion& completion) {
  const std::optional<LiveJob> job = find_live(transaction.connection, completion.id);
  if (!job || job->state != JobState::kRunning || job->epoch != completion.epoch) {
    return std::nullopt;
  }
  const JobState state = settle(transaction, *job, completion);
  if (is_final(state)) keep_output_bytes(transaction, completion);
  return state;
}

}  // namespace

Completer::Completer(Connection& connection, GivenTable& ids)
    : ids_(ids), ends_(connection, "given_ends", kColumns) {
  const int code = sqlite3_create_function_v2(connection.handle(), "done_at_place", 1,
                                              SQLITE_UTF8 | SQLITE_DIRECTONLY, this,
                                              &Completer::done_at_place, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw make_error(connection.handle(), code, "done_at_place");
}

void Completer::done_at_place(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  auto* self = static_cast<Completer*>(sqlite3_user_data(context));
  const auto place = static_cast<std::size_t>(sqlite3_value_int64(values[0]));
  self->states_[place] = JobState::kDone;
  sqlite3_result_int(context, static_cast<int>(JobState::kDone));
}

// The usual end: in two statements for all, without a look at the rows first.
void Completer::complete_done(Transaction& transaction, std::span<const Completion> completions) {
  const DoneRows done{transaction, completions};
  if (done.places().empty()) return;
  Connection& connection = transaction.connection;
  {
    const GivenTable::Filling filling{ends_, done};
    connection.use(sql::complete_done).run();
  }
  GivenIds ids;
  for (const std::size_t place : done.places()) {
    if (!states_[place]) continue;
    ids.add(completions[place].id);
    keep_output_bytes(transaction, completions[place]);
  }
  const GivenTable::Filling filling{ids_, ids};
  connection.use(sql::delete_ended).run();
}

std::vector<std::optional<JobState>> Completer::complete(Transaction& transaction,
                                                         std::span<const Completion> completions) {
  states_.assign(completions.size(), std::nullopt);
  // Of a job that is in the batch twice the first decides, so that they go one by one.
  const bool one_by_one = has_a_job_twice(completions);
  if (!one_by_one) complete_done(transaction, completions);
  for (std::size_t i = 0; i < completions.size(); ++i) {
    if (one_by_one || completions[i].outcome != Outcome::kDone) {
      states_[i] = complete_one(transaction, completions[i]);
    }
  }
  return states_;
}

std::vector<WriteResult> report_activities(Transaction& transaction,
                                           std::span<const Activity> activities) {
  Query report = transaction.connection.use(sql::report);
  std::vector<WriteResult> results;
  results.reserve(activities.size());
  for (const Activity& activity : activities) {
    // A progress comes with its message, which may be none; a message may come alone.
    const std::string clean = sanitize_text(activity.progress_message);
    std::optional<std::string_view> message = null_if_empty(clean);
    if (activity.progress && !message) message = std::string_view{};
    const int written =
        report
            .bind(activity.id.value, activity.epoch.value,
                  transaction.now - activity.running_for.count(), activity.progress, message)
            .run();
    results.push_back(written == 1 ? WriteResult::kAccepted : WriteResult::kFenced);
  }
  return results;
}

}  // namespace stint::sqlite
