#include "backends/postgres/job_operations.hpp"
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

using Kind = OperationResult::Kind;
using Results = std::map<JobId, OperationResult>;

// A job is tried again only after another has moved it: so often in a row is no accident.
constexpr int kMostChanges = 20;

// One statement stays well below the server's 1 GB.
constexpr std::size_t kMostBytesAtOnce = std::size_t{32} << 20U;

/// Ids of one operation, growing.
class Ids final {
 public:
  explicit Ids(std::vector<JobId> ids) : ids_(std::move(ids)) {
    std::ranges::sort(ids_);
    const auto twice = std::ranges::unique(ids_);
    ids_.erase(twice.begin(), twice.end());
  }

  const std::vector<JobId>& all() const { return ids_; }
  Column column() const {
    Column column = Column::int64s(ids_.size());
    for (const JobId id : ids_) column.add(id.value);
    return column;
  }
  Parameters alone() const {
    Parameters parameters;
    parameters.add(column());
    return parameters;
  }
  /// With the bounds that spare the partitions of other ids.
  Parameters with_bounds() const {
    Parameters parameters = alone();
    parameters.add(ids_.front()).add(ids_.back());
    return parameters;
  }
  /// The states that they have after all, derived ones told apart.
  Command states(std::optional<StoreTime> now) const {
    Parameters parameters = alone();
    parameters.add(now);
    return {&sql::job_states, std::move(parameters)};
  }

 private:
  std::vector<JobId> ids_;
};

/// What became of jobs that were not changed: the columns are those of job_states.sql.
Results refusals(const Ids& ids, const Result& states) {
  Results results;
  for (const JobId id : ids.all()) results[id] = {};
  for (int i = 0; i < states.rows(); ++i) {
    const Row row = states.row(i);
    results[JobId{row.int64(0)}] = {.kind = Kind::kWrongState,
                                    .state = static_cast<JobState>(row.int32(1))};
  }
  return results;
}

bool is_waiting(const std::optional<JobState>& state) {
  return state && !is_final(*state) && *state != JobState::kRunning &&
         *state != JobState::kAborting;
}

/// Do it to all, and again to those that it could be done to but was not: others moved them between
/// this transaction's look at the live jobs and that at the ended ones.
template <typename Once, typename Fits>
Results until_settled(const Ids& ids, Once&& once, Fits&& fits) {
  Results results = once(ids);
  for (int tries = 1; tries < kMostChanges; ++tries) {
    std::vector<JobId> moved;
    for (const auto& [id, result] : results) {
      if (result.kind == Kind::kWrongState && fits(result.state)) moved.push_back(id);
    }
    if (moved.empty()) break;
    for (const auto& [id, result] : once(Ids{std::move(moved)})) results[id] = result;
  }
  return results;
}

std::vector<OperationResult> in_order(std::span<const JobId> ids, const Results& results) {
  std::vector<OperationResult> ordered;
  ordered.reserve(ids.size());
  for (const JobId id : ids) ordered.push_back(results.at(id));
  return ordered;
}

/// Updates of one statement, in the order of their ids.
class UpdateRows final {
 public:
  explicit UpdateRows(std::span<const JobUpdate* const> updates) : updates_(updates) {
    for (const JobUpdate* update : updates) {
      byte_rows_ += update->arguments ? update->arguments->attachments.size() : 0;
    }
  }

  Command command(std::optional<StoreTime> now) const {
    Parameters parameters;
    parameters.add(now)
        .add(column(Column::int64s(rows()),
                    [](Column& to, const JobUpdate& one) { to.add(one.id.value); }))
        .add(updates_.front()->id)
        .add(updates_.back()->id)
        .add(column(Column::int64s(rows()),
                    [](Column& to, const JobUpdate& one) {
                      one.arguments ? to.add(one.arguments->read.value) : to.add_null();
                    }))
        .add(column(Column::int16s(rows()),
                    [](Column& to, const JobUpdate& one) {
                      one.priority ? to.add(static_cast<std::int16_t>(*one.priority))
                                   : to.add_null();
                    }))
        .add(column(Column::times(rows()),
                    [](Column& to, const JobUpdate& one) {
                      one.run_at ? to.add(*one.run_at) : to.add_null();
                    }))
        .add(column(Column::int64s(rows()),
                    [](Column& to, const JobUpdate& one) {
                      one.delay ? to.add(static_cast<std::int64_t>(one.delay->count()))
                                : to.add_null();
                    }))
        .add(column(Column::texts(rows()),
                    [](Column& to, const JobUpdate& one) {
                      one.arguments ? to.add(std::string_view{one.arguments->args}) : to.add_null();
                    }))
        .add(column(Column::booleans(rows()), [](Column& to, const JobUpdate& one) {
          one.arguments ? to.add(!one.arguments->attachments.empty()) : to.add_null();
        }));
    add_bytes(parameters);
    return {&sql::update_jobs, std::move(parameters)};
  }

 private:
  std::size_t rows() const { return updates_.size(); }

  template <typename Add>
  Column column(Column to, Add&& add) const {
    for (const JobUpdate* update : updates_) add(to, *update);
    return to;
  }

  void add_bytes(Parameters& parameters) const {
    Column jobs = Column::int64s(byte_rows_);
    Column positions = Column::int32s(byte_rows_);
    Column data = Column::bytes(byte_rows_);
    for (const JobUpdate* update : updates_) {
      if (!update->arguments) continue;
      std::int32_t position = 0;
      for (const std::string& bytes : update->arguments->attachments) {
        jobs.add(update->id.value);
        positions.add(position++);
        data.add(std::string_view{bytes});
      }
    }
    parameters.add(std::move(jobs)).add(std::move(positions)).add(std::move(data));
  }

  std::span<const JobUpdate* const> updates_;
  std::size_t byte_rows_ = 0;
};

// The first ones that one statement takes.
std::size_t rows_of_one_statement(std::span<const JobUpdate* const> updates) {
  std::size_t bytes = 0;
  std::size_t rows = 0;
  for (const JobUpdate* update : updates) {
    if (update->arguments) {
      bytes += update->arguments->args.size();
      for (const std::string& data : update->arguments->attachments) bytes += data.size();
    }
    if (bytes > kMostBytesAtOnce && rows > 0) break;
    ++rows;
  }
  return rows;
}

}  // namespace

// By indexes alone: there may be very many jobs, and what is known of the tables may be old.
std::vector<Result> JobOperations::run(std::vector<Command> commands) {
  commands.insert(commands.begin(), {&sql::prefer_order, {}});
  std::vector<Result> answers = database_.run(commands, Resend::kForbidden);
  answers.erase(answers.begin());
  return answers;
}

std::vector<OperationResult> JobOperations::retry(std::span<const JobId> ids, RetryOf which) {
  if (ids.empty()) return {};
  const auto fits = [&](const std::optional<JobState>& state) {
    return state && is_final(*state) && (*state != JobState::kDone || which == RetryOf::kAnyEnd);
  };
  const auto once = [&](const Ids& some) {
    Column ends = Column::int16s(3);
    for (const JobState state : {JobState::kDone, JobState::kFailed, JobState::kAborted}) {
      if (fits(state)) ends.add(static_cast<std::int16_t>(state));
    }
    Parameters retry;
    retry.add(database_.test_time())
        .add(some.column())
        .add(some.all().front())
        .add(some.all().back())
        .add(std::move(ends));
    // A completion holds the job's row until its end stands among the ended ones.
    std::vector<Command> commands{
        Command{&sql::lock_jobs, some.alone()}, Command{&sql::lock_ended, some.with_bounds()},
        Command{&sql::retry_jobs, std::move(retry)}, some.states(database_.test_time())};
    const std::vector<Result> answers = run(std::move(commands));
    Results results = refusals(some, answers[3]);
    std::set<std::string> domains;
    for (int i = 0; i < answers[2].rows(); ++i) {
      const Row row = answers[2].row(i);
      results[JobId{row.int64(0)}] = {.kind = Kind::kChanged, .state = JobState::kQueued};
      domains.insert(row.string(1));
    }
    for (const std::string& domain : domains) notifier_.notify(domain);
    return results;
  };
  return in_order(ids, until_settled(Ids{{ids.begin(), ids.end()}}, once, fits));
}

std::vector<OperationResult> JobOperations::update(std::span<const JobUpdate> updates) {
  check_updates(updates);
  if (updates.empty()) return {};
  std::map<JobId, const JobUpdate*> asked;
  std::vector<JobId> ids;
  for (const JobUpdate& one : updates) {
    asked[one.id] = &one;
    ids.push_back(one.id);
  }
  const auto once = [&](const Ids& some) {
    std::vector<const JobUpdate*> rows;
    for (const JobId id : some.all()) rows.push_back(asked.at(id));
    std::vector<Command> commands{{&sql::lock_waiting, some.alone()}};
    for (std::span<const JobUpdate* const> rest{rows}; !rest.empty();) {
      const auto part = rest.first(rows_of_one_statement(rest));
      commands.push_back(UpdateRows{part}.command(database_.test_time()));
      rest = rest.subspan(part.size());
    }
    commands.push_back(some.states(database_.test_time()));
    const std::vector<Result> answers = run(std::move(commands));
    Results results = refusals(some, answers.back());
    std::set<JobId> locked;
    for (int i = 0; i < answers[0].rows(); ++i) locked.insert(JobId{answers[0].row(i).int64(0)});
    // One that was held all the time and waits was refused for its epoch.
    for (auto& [id, result] : results) {
      if (is_waiting(result.state) && locked.contains(id)) result.kind = Kind::kStale;
    }
    std::set<std::string> domains;
    for (std::size_t k = 1; k + 1 < answers.size(); ++k) {
      for (int i = 0; i < answers[k].rows(); ++i) {
        const Row row = answers[k].row(i);
        results[JobId{row.int64(0)}].kind = Kind::kChanged;
        if (row.boolean(2)) domains.insert(row.string(1));
      }
    }
    for (const std::string& domain : domains) notifier_.notify(domain);
    return results;
  };
  return in_order(ids, until_settled(Ids{ids}, once, is_waiting));
}

std::vector<OperationResult> JobOperations::remove(std::span<const JobId> ids) {
  if (ids.empty()) return {};
  const auto once = [&](const Ids& some) {
    Parameters waiting = some.alone();
    waiting.add(database_.test_time());
    std::vector<Command> commands{Command{&sql::lock_waiting, some.alone()},
                                  Command{&sql::lock_ended, some.with_bounds()},
                                  Command{&sql::delete_waiting, std::move(waiting)},
                                  Command{&sql::delete_finished, some.with_bounds()},
                                  Command{&sql::delete_jobs, some.with_bounds()},
                                  some.states(database_.test_time())};
    const std::vector<Result> answers = run(std::move(commands));
    Results results = refusals(some, answers[5]);
    for (const Result* deleted : {&answers[2], &answers[3]}) {
      for (int i = 0; i < deleted->rows(); ++i) {
        const Row row = deleted->row(i);
        results[JobId{row.int64(0)}] = {.kind = Kind::kChanged,
                                        .state = static_cast<JobState>(row.int32(1))};
      }
    }
    return results;
  };
  const auto fits = [](const std::optional<JobState>& state) {
    return is_waiting(state) || (state && is_final(*state));
  };
  return in_order(ids, until_settled(Ids{{ids.begin(), ids.end()}}, once, fits));
}

}  // namespace stint::postgres
