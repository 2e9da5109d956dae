#include "support/store_contract.hpp"
#include <stdexcept>
#include <nlohmann/json.hpp>

namespace stint::test {

void StoreContract::SetUp() {
  std::string missing;
  place_ = make_store_place(GetParam(), missing);
  if (!place_) {
    ASSERT_FALSE(is_required(GetParam())) << missing;
    GTEST_SKIP() << missing;
  }
  place_->open_schema()->migrate();
  store_ = place_->open();
  now_ = StoreTime{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} + hours{12};
  store_->set_time_for_tests(now_);
}

void StoreContract::TearDown() {
  others_.clear();
  store_.reset();
  place_.reset();
}

Store& StoreContract::open_another() {
  others_.push_back(place_->open());
  others_.back()->set_time_for_tests(now_);
  return *others_.back();
}

void StoreContract::advance(microseconds by) {
  now_ += by;
  store_->set_time_for_tests(now_);
  for (const auto& other : others_) other->set_time_for_tests(now_);
}

JobId StoreContract::put(NewJob job) { return store_->enqueue({&job, 1}).at(0).id; }

std::vector<JobId> StoreContract::put_many(int count, const NewJob& job) {
  return ids_of(store_->enqueue(std::vector<NewJob>(static_cast<std::size_t>(count), job)));
}

WorkerId StoreContract::new_worker(const std::string& node) {
  return store_->register_worker({.node = node,
                                  .host = "host-" + node,
                                  .pid = 4711,
                                  .boot_id = "boot-1",
                                  .page = "/run/page",
                                  .slots = 4,
                                  .domains = "default",
                                  .version = "0.1.0"});
}

WorkerId StoreContract::worker() {
  if (!worker_) worker_ = new_worker();
  return worker_;
}

ClaimRequest StoreContract::request(WorkerId worker, int limit) const {
  return {.worker = worker,
          .node = "n1",
          .tasks = {"t.run", "t.other", "t.third"},
          .domain = "default",
          .limit = limit};
}

std::vector<ClaimedJob> StoreContract::claim(const ClaimRequest& request) {
  return store_->exchange({}, &request).claimed;
}

ClaimedJob StoreContract::claim_one() { return claim_one(worker()); }

ClaimedJob StoreContract::claim_one(WorkerId worker) {
  std::vector<ClaimedJob> jobs = claim(request(worker));
  if (jobs.size() != 1) {
    throw std::logic_error{"claimed " + std::to_string(jobs.size()) + " jobs, one was expected"};
  }
  return std::move(jobs.front());
}

ClaimedJob StoreContract::put_and_claim(const NewJob& job) {
  const JobId id = put(job);
  ClaimedJob claimed = claim_one();
  if (claimed.id != id) throw std::logic_error{"claimed another job"};
  return claimed;
}

WriteResult StoreContract::complete(const Completion& completion) {
  return store_->exchange({&completion, 1}, nullptr).completed.at(0);
}

WriteResult StoreContract::complete(const ClaimedJob& job, Outcome outcome) {
  return complete(Completion{.id = job.id, .epoch = job.epoch, .outcome = outcome});
}

JobRecord StoreContract::find(JobId id) {
  std::optional<JobRecord> record = store_->find_job(id);
  if (!record) throw std::logic_error{"job " + std::to_string(id.value) + " is not stored"};
  return std::move(*record);
}

std::vector<JobId> StoreContract::ids_of(const std::vector<ClaimedJob>& jobs) const {
  std::vector<JobId> ids;
  ids.reserve(jobs.size());
  for (const ClaimedJob& job : jobs) ids.push_back(job.id);
  return ids;
}

std::vector<JobId> StoreContract::ids_of(const std::vector<JobRecord>& jobs) const {
  std::vector<JobId> ids;
  ids.reserve(jobs.size());
  for (const JobRecord& job : jobs) ids.push_back(job.id);
  return ids;
}

std::vector<JobId> StoreContract::ids_of(const std::vector<Enqueued>& jobs) const {
  std::vector<JobId> ids;
  ids.reserve(jobs.size());
  for (const Enqueued& job : jobs) ids.push_back(job.id);
  return ids;
}

RescueResult StoreContract::rescue(WorkerId worker,
                                   std::optional<std::vector<StartedJob>> started) {
  for (const WorkerRecord& record : store_->list_workers(true)) {
    if (record.id == worker) {
      return store_->rescue({.worker = worker, .beat = record.beat, .started = std::move(started)});
    }
  }
  throw std::logic_error{"worker " + std::to_string(worker.value) + " is not alive"};
}

bool same_json(std::string_view a, std::string_view b) { return json::parse(a) == json::parse(b); }

std::string message_of(std::string_view error) {
  return error.empty() ? "" : json::parse(error).value("message", "");
}

}  // namespace stint::test
