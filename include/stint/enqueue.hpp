/// The options of one enqueue.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>
#include "stint/json.hpp"
#include "stint/types.hpp"

namespace stint {

/// State what differs from the task's own options. Every member may be left out.
struct EnqueueOptions {
  std::optional<int> priority = {};  ///< -32768 to 32767; the higher runs first
  /// The earliest start, by the clock of the store.
  std::optional<std::chrono::system_clock::time_point> run_at = {};
  /// The earliest start from now, by the clock of the store. Not with `run_at`.
  std::chrono::milliseconds delay{0};
  std::optional<std::string> domain = {};
  std::optional<std::string> node = {};
  std::optional<int> max_attempts = {};                   ///< 1 to 1000
  std::optional<std::chrono::milliseconds> timeout = {};  ///< of one attempt; 0: none
  json metadata = nullptr;                                ///< an object; the task sees it
  std::vector<std::string> tags = {};
  /// While a job with this key is stored, another enqueue returns that one instead.
  std::string idempotency_key = {};
};

/// Hold a statement and its values for any driver: `$1` is the first of them. All are text, in
/// UTF-8, and never null.
struct SqlStatement {
  std::string text = {};
  std::vector<std::string> values = {};
};

/// What an enqueue made of a job.
struct Enqueued {
  JobId id;
  bool inserted = true;  ///< false: the idempotency key was known, this is the job that has it
};

}  // namespace stint
