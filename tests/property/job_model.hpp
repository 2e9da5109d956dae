/// The life of jobs as plain data in memory: what every store has to do, said a second time.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "core/job_operations.hpp"
#include "core/job_records.hpp"

namespace stint::test {

/// A job of the model. Times are the store's.
struct ModelJob {
  NewJob asked;
  JobId id;
  JobState state = JobState::kQueued;  ///< as stored
  Epoch epoch;
  int attempts = 0;
  int failures = 0;
  int crashes = 0;
  int lone_crashes = 0;
  int interruptions = 0;
  StoreTime created_at;
  StoreTime run_at;
  /// After a rescue the pause is drawn: the time is known once the store has shown it.
  std::optional<std::pair<StoreTime, StoreTime>> run_at_range = {};
  std::optional<StoreTime> started_at = {};
  bool is_start_known = true;  ///< false: a crash left it to the store
  std::optional<StoreTime> finished_at = {};
  WorkerId worker;
  std::optional<double> progress = {};
  std::string progress_message = {};
  bool is_abort_asked = false;
  std::string abort_message = {};
  std::string cause = {};
  std::string error_message = {};  ///< "*": some text of the store's own
  std::string output = {};
  std::vector<std::string> attempt_causes = {};
};

struct ModelWorker {
  WorkerState state = WorkerState::kAlive;
  std::int64_t beat = 0;
  std::string node = {};
};

/// Take the same calls as a store and answer as it must. The ids that the store gave are told to
/// it.
class JobModel final {
 public:
  explicit JobModel(StoreTime now) : now_(now) {}

  StoreTime now() const { return now_; }
  void advance(microseconds by) { now_ += by; }

  /// What an enqueue must find: the id of the job that has the key; nothing: it makes a new one.
  std::optional<JobId> known(const NewJob& job) const;
  void enqueue(const NewJob& job, JobId id);
  std::vector<StartedJob> claim(const ClaimRequest& request);
  WriteResult complete(const Completion& completion);
  WriteResult report(const Activity& activity);
  bool takes_log_line(JobId id, Epoch epoch) const;
  std::optional<JobState> abort(JobId id, std::string_view message);
  std::vector<StartedJob> abort_requests(WorkerId worker) const;
  OperationResult retry(JobId id, RetryOf which);
  OperationResult update(const JobUpdate& update);
  OperationResult remove(JobId id);

  void add_worker(WorkerId id, const std::string& node) { workers_[id].node = node; }
  bool beat(WorkerId id);
  void retire(WorkerId id);
  RescueResult rescue(const RescueRequest& request);
  int purge(const PurgeFilter& filter);

  std::map<JobId, ModelJob>& jobs() { return jobs_; }
  const std::map<JobId, ModelJob>& jobs() const { return jobs_; }
  const std::map<WorkerId, ModelWorker>& workers() const { return workers_; }
  JobState shown_state(const ModelJob& job) const;
  int shown_attempts(const ModelJob& job) const;

 private:
  ModelJob* held(JobId id, Epoch epoch);
  void finish(ModelJob& job, JobState state, StoreTime at);
  void finish_aborted(ModelJob& job, StoreTime at);
  void requeue(ModelJob& job);
  void charge(ModelJob& job, bool is_lone, RescueResult& result);
  void crash(ModelJob& job, const Completion& completion, StoreTime ended_at);
  void give_back(ModelJob& job, StoreTime at);
  OperationResult refusal(JobId id) const;

  StoreTime now_;
  std::map<JobId, ModelJob> jobs_;
  std::map<WorkerId, ModelWorker> workers_;
};

}  // namespace stint::test
