#include "backends/postgres/enqueuer.hpp"
#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include "backends/postgres/enqueue_commands.hpp"
#include "backends/postgres/errors.hpp"
#include "backends/postgres/schema.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

constexpr int kLargestBlock = 1000;
// A key whose job is purged just between our look and our insert: it cannot happen often.
constexpr int kMostTries = 10;
constexpr int kMostSends = 2;

Command reserve_command(int count) {
  Parameters parameters;
  parameters.add(count);
  return {&sql::reserve_more_ids, std::move(parameters)};
}

}  // namespace

std::vector<std::int64_t> IdSource::take(std::size_t count) {
  std::vector<std::int64_t> taken;
  taken.reserve(count);
  std::size_t missing = 0;
  {
    MutexLock lock(mutex_);
    while (taken.size() < count && !ids_.empty()) {
      taken.push_back(ids_.back());
      ids_.pop_back();
    }
    missing = count - taken.size();
    if (missing == 0) return taken;
    missing = std::max(missing, static_cast<std::size_t>(block_));
    block_ = std::min(block_ * 10, kLargestBlock);
  }
  Parameters parameters;
  parameters.add(static_cast<std::int32_t>(missing));
  keep(database_.run(sql::reserve_ids, std::move(parameters)));
  // Another thread may have taken some of them: ask again for the rest.
  const std::vector<std::int64_t> rest = take(count - taken.size());
  taken.insert(taken.end(), rest.begin(), rest.end());
  std::ranges::sort(taken);
  return taken;
}

int IdSource::worth_reserving(std::size_t count) {
  MutexLock lock(mutex_);
  const std::size_t wanted = std::min(count, static_cast<std::size_t>(kLargestBlock));
  // At the first use nobody knows whether there will be a second.
  if (block_ <= 10 || ids_.size() >= wanted) return 0;
  block_ = std::min(block_ * 10, kLargestBlock);
  return std::max(static_cast<int>(wanted), block_);
}

void IdSource::put(const Result& reserved) {
  try {
    if (reserved.rows() > 0) make_partitions(reserved.row(reserved.rows() - 1).int64(0));
  } catch (const Error&) {
    return;  // they came along with an enqueue that is done: only they are lost
  }
  keep(reserved);
}

void IdSource::keep(const Result& reserved) {
  MutexLock lock(mutex_);
  for (int row = 0; row < reserved.rows(); ++row) ids_.push_back(reserved.row(row).int64(0));
  std::ranges::sort(ids_, std::greater<>{});
}

// The next partition too, so that nobody waits for one unless a million ids are handed out while it
// is being made.
void IdSource::make_partitions(std::int64_t largest_id) {
  const std::int64_t last = largest_id / kIdsOfPartition + 1;
  std::int64_t first = last - 1;
  {
    MutexLock lock(mutex_);
    if (last <= made_partition_) return;
    first = std::max(first, made_partition_ + 1);
  }
  for (std::int64_t number = first; number <= last; ++number) {
    Parameters parameters;
    parameters.add(number);
    database_.run(sql::make_partition, std::move(parameters));
  }
  MutexLock lock(mutex_);
  made_partition_ = std::max(made_partition_, last);
}

void IdSource::discard() {
  MutexLock lock(mutex_);
  ids_.clear();
  made_partition_ = -1;
}

std::vector<Enqueued> Enqueuer::enqueue(std::span<const NewJob> jobs) {
  if (jobs.empty()) return {};
  std::vector<std::int64_t> ids = ids_.take(jobs.size());
  for (int tries = 1;; ++tries) {
    try {
      if (auto enqueued = try_enqueue(jobs, ids)) {
        notify(jobs, *enqueued);
        return std::move(*enqueued);
      }
      if (tries >= kMostTries) {
        throw Error(ErrorCode::kBusy, "the jobs of the idempotency keys come and go: try again",
                    {.retryable = true, .backend = "postgresql"});
      }
    } catch (const Error& error) {
      // The ids had been lying here for so long that retention dropped their partition.
      if (error.native_code() != sqlstate::kCheckViolation || tries >= kMostTries) throw;
      ids_.discard();
      ids = ids_.take(jobs.size());
    }
  }
}

std::optional<std::vector<Enqueued>> Enqueuer::try_enqueue(std::span<const NewJob> jobs,
                                                           std::span<const std::int64_t> ids) {
  std::vector<Command> commands = enqueue_commands(jobs, ids, database_.test_time());
  const bool keyed = has_keys(jobs);
  if (keyed) commands.push_back(find_keys_command(jobs));
  const int reserve = ids_.worth_reserving(jobs.size());
  if (reserve > 0) commands.push_back(reserve_command(reserve));

  std::vector<Result> results =
      keyed ? database_.run(commands, Resend::kAllowed) : insert(commands);
  if (reserve > 0 && !results.empty()) {
    ids_.put(results.back());
    results.pop_back();
  }
  std::unordered_map<std::string, std::int64_t> owners;
  if (keyed) {
    const Result& known = results.back();
    for (int row = 0; row < known.rows(); ++row) {
      owners.emplace(known.row(row).string(0), known.row(row).int64(1));
    }
  }
  std::vector<Enqueued> enqueued;
  enqueued.reserve(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    std::int64_t id = ids[i];
    if (!jobs[i].idempotency_key.empty()) {
      const auto owner = owners.find(jobs[i].idempotency_key);
      if (owner == owners.end()) return std::nullopt;
      id = owner->second;
    }
    enqueued.push_back({.id = JobId{id}, .inserted = id == ids[i]});
  }
  return enqueued;
}

std::vector<Result> Enqueuer::insert(std::span<const Command> commands) {
  bool in_doubt = false;
  for (int tries = 1;; ++tries) {
    try {
      return database_.run(commands, Resend::kForbidden);
    } catch (const Error& error) {
      // Nobody else has these ids, and all were inserted or none.
      if (in_doubt && error.native_code() == sqlstate::kUniqueViolation) return {};
      const bool again = error.outcome_unknown() && tries < kMostSends;
      in_doubt = in_doubt || error.outcome_unknown();
      if (!again && in_doubt) throw with_doubt(error);
      if (!again) throw;
    }
  }
}

void Enqueuer::notify(std::span<const NewJob> jobs, std::span<const Enqueued> enqueued) {
  std::set<std::string_view> domains;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    // Who sleeps looks by time for what becomes due later.
    if (enqueued[i].inserted && jobs[i].delay == milliseconds{0}) domains.insert(jobs[i].domain);
  }
  for (const std::string_view domain : domains) notifier_.notify(domain);
}

}  // namespace stint::postgres
