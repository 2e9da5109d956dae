/// What workers tell the store with their beats of what they did, and what comes of it for a
/// status.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "core/histogram.hpp"
#include "core/job_records.hpp"

namespace stint {

/// What one worker did lately.
struct WorkerCounts {
  std::chrono::milliseconds window{0};  ///< the time in which it did what follows: a minute or less
  std::int64_t claimed = 0;
  std::int64_t ended = 0;   ///< attempts whose end the store has taken
  std::int64_t failed = 0;  ///< of those: failed, rejected, crashed
  std::int64_t fenced = 0;
  std::int64_t fenced_total = 0;  ///< since it started
  HistogramSnapshot wait = {};
  HistogramSnapshot run = {};
  std::vector<std::string> tasks = {};  ///< whose jobs it claims; empty: it does not say
};

/// A worker with more tasks, or with longer names in all, does not say which it has: the text is
/// written with each beat.
inline constexpr std::size_t kMostToldTasks = 500;
inline constexpr std::size_t kMostToldBytes = 16'384;

/// The text that a store keeps with the worker: JSON on one line.
std::string to_json(const WorkerCounts& counts);

/// Add one worker's to a status. `counts` is what `to_json` made, maybe by another version of this
/// program: what cannot be read counts as nothing. `age`: since it was written. Of a worker that
/// lives, whose next beat is due soon, it stands for now; of others, a minute later it tells
/// nothing of the last minute.
void add_worker_counts(StoreStatus::Recent& recent, std::string_view counts, WorkerState state,
                       std::chrono::nanoseconds age);

/// Read the tasks out of such a text; nothing if it names none.
std::optional<std::vector<std::string>> told_tasks(std::string_view counts);

/// What a store can say of the newest jobs by their ids.
struct EnqueuedLately {
  std::int64_t counted = 0;  ///< jobs enqueued within the last minute, as far as they were counted
  std::int64_t ids = 0;      ///< ids that were given out in that time: as many or a few more
};
/// No more than so many are counted.
inline constexpr std::int64_t kMostEnqueuedCounted = 10'000;

double enqueued_per_second(const EnqueuedLately& lately);

}  // namespace stint
