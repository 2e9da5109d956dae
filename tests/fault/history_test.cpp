// Clients and workers use one store at the same time, are killed, cut off and declared dead, and
// the checker looks for an order in which all that they were told is true. At full size
// (STINT_FULL=1) 200 kills; STINT_SEED repeats a run's choices.
#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/connection.hpp"
#include "base/url.hpp"
#include "stint/error.hpp"
#include "support/child.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/history_check.hpp"
#include "support/quick_commits.hpp"
#include "support/recording_store.hpp"
#include "support/store_contract.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

struct Size {
  int kills = 8;
  int clients = 4;
  int jobs_between = 60;  // that are finished before the next kill
};

Size chosen_size() {
  if (is_full_size()) return {.kills = 200, .clients = 6, .jobs_between = 100};
  return {};
}

class HistoryTest : public ::testing::TestWithParam<std::string> {
 protected:
  HistoryTest() { let_commits_be_quick(); }

  void SetUp() override {
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (!place_) {
      ASSERT_FALSE(is_required(GetParam())) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    real_ = place_->open();
    writer_ = std::make_unique<HistoryWriter>(new_path());
    store_ = std::make_unique<RecordingStore>(*real_, *writer_);
  }

  std::string new_path() {
    paths_.push_back((folder_.path() / fmt::format("history-{}", paths_.size())).string());
    return paths_.back();
  }

  /// Every other client's connections are cut by chance, where there are any.
  std::string url_of_client(std::mt19937_64& random) {
    if (GetParam() == "sqlite" || random() % 2 == 0) return place_->url();
    if (!proxy_) {
      const Url server = parse_url(place_->url());
      proxy_.emplace(server.host, server.port.value_or(5432), random());
      proxy_->misbehave({.close = 0.002, .reset = 0.002, .delay = 0.01});
    }
    const Url server = parse_url(place_->url());
    return fmt::format("postgresql://{}@127.0.0.1:{}{}?schema={}&sslmode=disable", server.user,
                       proxy_->port(), server.path, server.parameter("schema").value());
  }

  Child start_client(std::mt19937_64& random) {
    const std::string url = url_of_client(random);
    Child client{{test_program("history_client"), url, new_path(), std::to_string(random())}};
    client.read_line();
    return client;
  }

  std::int64_t finished() {
    std::int64_t count = 0;
    for (const StoreStatus::Count& one : store_->status().counts) {
      if (is_final(one.state)) count += one.jobs;
    }
    return count;
  }

  /// Declare a worker dead by what is known of it now. Some of its jobs had begun, or all had.
  void rescue(const WorkerRecord& worker, std::mt19937_64& random) {
    RescueRequest request{.worker = worker.id, .beat = worker.beat};
    if (random() % 4 != 0) request.started.emplace();
    try {
      store_->rescue(request);
    } catch (const Error& error) {
      // One that lives and is amid an exchange may be in the way; then it is left alone.
      ASSERT_TRUE(error.retryable()) << error.what();
    }
  }

  void rescue_those_of(pid_t pid, std::mt19937_64& random) {
    for (const WorkerRecord& worker : store_->list_workers(true)) {
      if (worker.info.pid == pid) rescue(worker, random);
    }
  }

  /// Someone who lives, and learns of it by and by.
  void rescue_anybody(std::mt19937_64& random) {
    const std::vector<WorkerRecord> alive = store_->list_workers(true);
    if (!alive.empty()) rescue(alive[random() % alive.size()], random);
  }

  /// Have a job that failed or was aborted tried again, which only SQL can do.
  void retry_one(std::mt19937_64& random) {
    if (GetParam() == "sqlite") return;
    const std::vector<JobRecord> ended =
        real_->list_jobs({.states = {JobState::kFailed, JobState::kAborted}, .limit = 20});
    if (ended.empty()) return;
    Operation retry{.action = Action::kRetry, .job = ended[random() % ended.size()].id};
    const auto options = postgres::parse_connect_options(place_->url());
    const postgres::ConnectionPointer session = postgres::connect(options);
    const std::string call =
        fmt::format("select \"{}\".retry_job({})", options.schema, retry.job.value);
    const std::int64_t number = writer_->begin(retry);
    const postgres::ResultPointer result{PQexec(session.get(), call.c_str())};
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQerrorMessage(session.get());
    const std::string state = PQgetvalue(result.get(), 0, 0);
    retry.reply = state == "queued" ? Reply::kOk : Reply::kRefused;
    writer_->end(number, retry);
  }

  /// Do what is left, as one worker that makes no mistakes.
  void drain(std::mt19937_64& random) {
    std::vector<WorkerRecord> left;
    while (!HasFailure() && !(left = store_->list_workers(true)).empty()) {
      rescue(left.front(), random);
    }
    store_->set_time_for_tests(std::chrono::system_clock::now() + hours{1});
    const ClaimRequest request{.worker = store_->register_worker({.node = "n1"}),
                               .node = "n1",
                               .tasks = {"t.run"},
                               .limit = 100};
    std::vector<Completion> done;
    do {
      const Exchange next = store_->exchange(done, &request);
      done.clear();
      for (const ClaimedJob& job : next.claimed) {
        store_->note_start(job, request.worker);
        done.push_back(
            {.id = job.id, .epoch = job.epoch, .output = std::to_string(job.epoch.value)});
      }
    } while (!done.empty());
    store_->set_time_for_tests(std::nullopt);
  }

  History all() {
    History history{.is_drained = true};
    for (const std::string& path : paths_) {
      for (Operation& one : read_history(path)) history.operations.push_back(std::move(one));
    }
    add_stored(*real_, history.operations);
    return history;
  }

  TemporaryFolder folder_;
  std::vector<std::string> paths_;
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> real_;
  std::unique_ptr<HistoryWriter> writer_;
  std::unique_ptr<RecordingStore> store_;
  std::optional<CuttingProxy> proxy_;
};
STINT_ON_EVERY_STORE(HistoryTest);

/// All operations of the job or the worker that a witness is about.
std::string all_about(const Witness& witness, const History& history) {
  const Operation& first = witness.facts.front();
  std::vector<Operation> operations;
  for (const Operation& one : history.operations) {
    if (first.job ? one.job == first.job : one.worker == first.worker) operations.push_back(one);
  }
  std::ranges::sort(operations, {}, &Operation::invoked);
  std::string text;
  for (const Operation& one : operations) text += "\n  " + describe(one);
  return text;
}

TEST_P(HistoryTest, HasAnOrderInWhichAllIsTrue) {
  const Size size = chosen_size();
  const std::uint64_t seed = chosen_seed();
  std::printf("seed %llu, %d kills\n", static_cast<unsigned long long>(seed), size.kills);
  std::mt19937_64 random{seed};
  std::vector<Child> clients;
  for (int i = 0; i < size.clients; ++i) clients.push_back(start_client(random));
  for (int kill = 0; kill < size.kills; ++kill) {
    const std::int64_t due = finished() + size.jobs_between;
    ASSERT_TRUE(eventually([&] { return finished() >= due; }, std::chrono::minutes{2}));
    rescue_anybody(random);
    retry_one(random);
    Child& victim = clients[random() % clients.size()];
    const pid_t pid = victim.pid();
    victim.signal(SIGKILL);
    victim.wait();
    rescue_those_of(pid, random);
    victim = start_client(random);
  }
  if (proxy_) proxy_->heal();
  for (Child& client : clients) client.signal(SIGTERM);
  for (Child& client : clients) EXPECT_EQ(client.wait(std::chrono::seconds{60}), 0);
  drain(random);

  const History history = all();
  const HistoryVerdict verdict = check_history(history);
  std::printf("%s\n", describe(verdict).c_str());
  for (const Witness& one : verdict.witnesses) {
    ADD_FAILURE() << describe(one) << "\nof:" << all_about(one, history);
  }
  EXPECT_GT(verdict.fenced, 0U) << "nobody brought anything late";
}

}  // namespace
}  // namespace stint::test
