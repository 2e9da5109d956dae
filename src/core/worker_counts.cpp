#include "core/worker_counts.hpp"
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include "base/duration.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Json = nlohmann::json;

constexpr milliseconds kMinute{60'000};
// The usual time between two beats, and some more.
constexpr milliseconds kFresh{15'000};

Json to_json(const HistogramSnapshot& snapshot) {
  return Json{{"buckets", snapshot.buckets},
              {"sum_us", snapshot.sum / std::chrono::microseconds{1}}};
}

/// No row of a table can make sums overflow.
std::int64_t whole(const Json& value) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  if (!value.is_number_integer()) return 0;
  return std::clamp(value.get<std::int64_t>(), std::int64_t{0}, kMost);
}

std::int64_t number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() ? whole(*found) : 0;
}

/// Nothing if another version of this program has other buckets.
HistogramSnapshot read_histogram(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_object()) return {};
  const auto buckets = found->find("buckets");
  HistogramSnapshot result;
  if (buckets == found->end() || !buckets->is_array() || buckets->size() != result.buckets.size()) {
    return {};
  }
  for (std::size_t i = 0; i < result.buckets.size(); ++i) {
    result.buckets[i] = whole((*buckets)[i]);
  }
  result.sum = std::chrono::microseconds{number(*found, "sum_us")};
  return result;
}

WorkerCounts read_counts(const Json& object) {
  return {.window = milliseconds{number(object, "window_ms")},
          .claimed = number(object, "claimed"),
          .ended = number(object, "ended"),
          .failed = number(object, "failed"),
          .fenced = number(object, "fenced"),
          .fenced_total = number(object, "fenced_total"),
          .wait = read_histogram(object, "wait"),
          .run = read_histogram(object, "run")};
}

bool is_fit_to_tell(const std::vector<std::string>& tasks) {
  std::size_t bytes = 0;
  for (const std::string& task : tasks) bytes += task.size();
  return !tasks.empty() && tasks.size() <= kMostToldTasks && bytes <= kMostToldBytes;
}

/// How much of the window lies within the last minute.
double share_of_last_minute(milliseconds window, nanoseconds age) {
  if (window.count() <= 0) return 0;
  const nanoseconds inside = std::min<nanoseconds>(window, kMinute - age);
  return std::clamp(in_seconds(inside) / in_seconds(window), 0.0, 1.0);
}

std::int64_t scaled(std::int64_t value, double share) {
  return std::llround(static_cast<double>(value) * share);
}

HistogramSnapshot scaled(HistogramSnapshot snapshot, double share) {
  for (std::int64_t& bucket : snapshot.buckets) bucket = scaled(bucket, share);
  snapshot.sum = std::chrono::duration_cast<nanoseconds>(snapshot.sum * share);
  return snapshot;
}

}  // namespace

std::string to_json(const WorkerCounts& counts) {
  Json object{{"window_ms", counts.window.count()},
              {"claimed", counts.claimed},
              {"ended", counts.ended},
              {"failed", counts.failed},
              {"fenced", counts.fenced},
              {"fenced_total", counts.fenced_total},
              {"wait", to_json(counts.wait)},
              {"run", to_json(counts.run)}};
  if (is_fit_to_tell(counts.tasks)) object["tasks"] = counts.tasks;
  return object.dump();
}

std::optional<std::vector<std::string>> told_tasks(std::string_view counts) {
  const Json object = Json::parse(counts, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find("tasks");
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<std::string> tasks;
  for (const Json& task : *found) {
    if (task.is_string()) tasks.push_back(task.get<std::string>());
  }
  return tasks;
}

void add_worker_counts(StoreStatus::Recent& recent, std::string_view counts, WorkerState state,
                       nanoseconds age) {
  const Json object = Json::parse(counts, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return;
  const WorkerCounts worker = read_counts(object);
  recent.fenced_total += worker.fenced_total;
  if (state == WorkerState::kAlive && age < kFresh) age = nanoseconds{0};
  const double share = share_of_last_minute(worker.window, age);
  const double per_second = share / in_seconds(kMinute);
  recent.claimed_per_second += static_cast<double>(worker.claimed) * per_second;
  recent.completed_per_second += static_cast<double>(worker.ended) * per_second;
  recent.failed_per_second += static_cast<double>(worker.failed) * per_second;
  recent.fenced += scaled(worker.fenced, share);
  recent.wait += scaled(worker.wait, share);
  recent.run += scaled(worker.run, share);
}

double enqueued_per_second(const EnqueuedLately& lately) {
  const std::int64_t jobs =
      lately.counted < kMostEnqueuedCounted ? lately.counted : std::max(lately.ids, lately.counted);
  return static_cast<double>(jobs) / in_seconds(kMinute);
}

}  // namespace stint
