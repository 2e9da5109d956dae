#include "support/grim_worker.hpp"
#include <csignal>
#include <fstream>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "support/eventually.hpp"

namespace stint::test {

void GrimWorker::SetUp() {
  std::string missing;
  place_ = make_store_place(GetParam(), missing);
  if (!place_) {
    ASSERT_FALSE(is_required(GetParam())) << missing;
    GTEST_SKIP() << missing;
  }
  place_->open_schema()->migrate();
  use_store(place_->url());
  program.set("STINT_WORKER_GRACE", "300ms");
}

void GrimWorker::use_store(const std::string& url) {
  program.set("STINT_STORE", url);
  store_ = open_store({.url = url});
}

JobId GrimWorker::enqueue(const NewJob& job) {
  return store_->enqueue(std::vector<NewJob>{job}).front().id;
}

JobRecord GrimWorker::find(JobId id) { return store_->find_job(id).value(); }

JobRecord GrimWorker::wait_for(JobId id, std::chrono::milliseconds limit) {
  EXPECT_TRUE(eventually([&] { return is_final(state(id)); }, limit)) << "job " << id.value;
  return find(id);
}

std::int64_t GrimWorker::open_jobs() {
  std::int64_t open = 0;
  for (const StoreStatus::Count& count : store_->status().counts) {
    if (!is_final(count.state)) open += count.jobs;
  }
  return open;
}

ProcessOptions GrimWorker::worker(int slots) const {
  return program.options(
      {"worker", "run", "--isolation", "process", "--slots", std::to_string(slots)});
}

void GrimWorker::expect_end(Process& worker) {
  EXPECT_FALSE(worker.has_ended());
  worker.send_signal(SIGTERM);
  const ProcessResult result = worker.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

std::vector<StartEntry> GrimWorker::starts() const {
  std::vector<StartEntry> found;
  std::ifstream file{program.folder() + "/starts"};
  StartEntry entry;
  for (std::int64_t at = 0; file >> entry.task >> entry.process >> at;) {
    entry.at = std::chrono::nanoseconds{at};
    found.push_back(entry);
  }
  return found;
}

StartEntry GrimWorker::wait_for_start(const std::string& task, std::size_t times) const {
  std::vector<StartEntry> found;
  EXPECT_TRUE(eventually([&] {
    found = starts();
    std::erase_if(found, [&](const StartEntry& one) { return one.task != task; });
    return found.size() >= times;
  }));
  return found.empty() ? StartEntry{} : found.back();
}

}  // namespace stint::test
