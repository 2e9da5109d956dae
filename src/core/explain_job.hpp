/// Why is a job not running? What is known of it, turned into sentences.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "core/job_records.hpp"
#include "core/store_inspector.hpp"

namespace stint {

/// A worker that is registered as alive.
struct LiveWorker {
  WorkerRecord record;
  /// Nothing: it has not told, because it has just begun or is of an older version.
  std::optional<std::vector<std::string>> tasks = {};
};

/// All that an explanation is made of.
struct ExplainFacts {
  JobRecord job;
  StoreTime now;                              ///< by the store
  std::vector<AttemptRecord> attempts = {};   ///< failed ones, oldest first
  std::vector<LiveWorker> workers = {};       ///< those alive
  std::optional<WorkerRecord> holder = {};    ///< who has or had the job, if it is still known
  std::optional<JobPlace> place = {};         ///< nothing: it is not known
  std::vector<std::string> known_tasks = {};  ///< that programs have registered
  bool needs_transaction = false;             ///< its task, as far as it is registered
  bool has_transactions = true;               ///< the store
  double completed_per_second = 0;            ///< of the whole store, within the last minute
  std::chrono::nanoseconds lease = std::chrono::seconds{30};
  std::chrono::nanoseconds heartbeat = std::chrono::seconds{10};
};

/// One reason why a job is where it is.
struct Reason {
  std::string code;         ///< stable, for programs: "no_worker_has_task"
  std::string text;         ///< a sentence without its full stop
  std::string facts = {};   ///< JSON: an object with what the sentence is made of
  std::string advice = {};  ///< what to do; empty: nothing but to wait
};

/// Explain a job: every reason that holds, the decisive one first. Never empty. Pure.
std::vector<Reason> explain_job(const ExplainFacts& facts);

/// Tell whether a worker could ever claim such a job: it serves the domain, is on the node, and has
/// the task or has not told which it has. `node` is empty for any.
bool may_take(const LiveWorker& worker, std::string_view task, std::string_view domain,
              std::string_view node);

/// Whether "mail=10,bulk" names the domain.
bool serves_domain(std::string_view domains, std::string_view domain);

}  // namespace stint
