// kill -9 of the worker, of the keeper and of a slot at every place between two of their messages.
#include <sys/types.h>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/execution_journal.hpp"
#include "support/processes.hpp"
#include "support/program.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;

// More than fits into one packet.
constexpr std::size_t kTextBytes = 70'000;
// A walk that finds fewer places has lost them.
constexpr int kFewestPlaces = 10;
// A walk that finds more does not end.
constexpr int kMostPlaces = 200;

// The first four go alone, the others together.
constexpr std::size_t kQuickJobs = 14;

/// The jobs of one step, in a domain of their own. Talking ones: the first says all that a job can
/// say, the second comes after it. Quick ones: so many that some are handed over together.
struct Step {
  std::string domain;
  std::vector<JobId> jobs = {};
};

/// The store, who is killed, and what the jobs of a step are.
using WalkParameters = std::tuple<std::string, std::string, std::string>;

class MessageWalk : public ::testing::TestWithParam<WalkParameters> {
 protected:
  void SetUp() override {
    std::string missing;
    const std::string backend = std::get<0>(GetParam());
    place_ = make_store_place(backend, missing);
    if (!place_) {
      ASSERT_FALSE(is_required(backend)) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    store_ = place_->open();
    program.set("STINT_STORE", place_->url());
    program.set("STINT_WORKER_LEASE", "2s");
    program.set("STINT_WORKER_HEARTBEAT", "500ms");
    program.set("WALK", program.folder());
    const JournalWriter make{journal_path()};
  }

  std::string role() const { return std::get<1>(GetParam()); }
  bool talks() const { return std::get<2>(GetParam()) == "talking"; }
  std::string journal_path() const { return program.folder() + "/journal"; }
  fs::path killed_file() const { return fs::path{program.folder()} / "killed"; }

  Step enqueue_step(int place) {
    Step step{.domain = fmt::format("d{}", place)};
    const NewJob next{.task = "w.next", .domain = step.domain};
    std::vector<NewJob> jobs(kQuickJobs, next);
    if (talks()) {
      const json args{{"text", std::string(kTextBytes, 'x')}};
      jobs = {{.task = "w.long", .args = args.dump(), .domain = step.domain}, next};
    }
    for (const Enqueued& one : store_->enqueue(jobs)) step.jobs.push_back(one.id);
    return step;
  }

  ProcessOptions worker(const std::string& domains) const {
    return program.options(
        {"worker", "run", "--isolation", "process", "--slots", "1", "--domain", domains});
  }

  /// Let a worker do the jobs of a step, and somebody die on the way. False: nobody came so far.
  bool take(const Step& step, int place) {
    fs::remove(killed_file());
    ProcessOptions options = worker(step.domain);
    options.arguments.emplace_back("--drain");
    options.environment["KILL_AT"] = fmt::format("{} {}", role(), place);
    const ProcessResult result = run_process(options);
    EXPECT_FALSE(result.timed_out) << result.err;
    const bool was_killed = fs::exists(killed_file());
    if (was_killed && role() == "worker") {
      EXPECT_EQ(result.signal, SIGKILL);
    } else {
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
    EXPECT_TRUE(eventually([&] { return processes_with("WALK=" + program.folder()).empty(); },
                           std::chrono::seconds{5}));
    return was_killed;
  }

  JobRecord find(JobId id) { return store_->find_job(id).value(); }

  /// What the worker has left, where it has lived on: each job is done, or it crashed and waits.
  void expect_orderly(const Step& step) {
    int crashes = 0;
    for (const JobId id : step.jobs) {
      const JobRecord job = find(id);
      EXPECT_EQ(job.state, job.crashes == 0 ? JobState::kDone : JobState::kScheduled);
      EXPECT_EQ(job.failures, 0);
      crashes += job.crashes;
    }
    EXPECT_LE(crashes, 1) << "one process had died";
  }

  /// Run everything that is left, by a worker that nobody kills; it finds the dead ones too.
  void finish(const std::vector<Step>& steps) {
    std::string domains = "default";
    for (const Step& step : steps) domains += "," + step.domain;
    Process running{worker(domains)};
    const auto is_done = [&] {
      std::int64_t open = 0;
      for (const StoreStatus::Count& count : store_->status().counts) {
        if (!is_final(count.state)) open += count.jobs;
      }
      return open == 0;
    };
    EXPECT_TRUE(eventually(is_done, std::chrono::seconds{90}));
    running.send_signal(SIGTERM);
    EXPECT_EQ(running.wait().exit_code, 0);
  }

  struct Executions {
    int begun = 0;
    std::map<std::int64_t, int> ended = {};  ///< by epoch
  };
  std::map<JobId, Executions> executions() const {
    std::map<JobId, Executions> found;
    for (const JournalEntry& entry : JournalReader{journal_path()}.read_new()) {
      Executions& one = found[entry.job];
      if (entry.is_end) {
        ++one.ended[entry.epoch.value];
      } else {
        ++one.begun;
      }
    }
    return found;
  }

  void expect_done_once(const JobRecord& job, const Executions& executions) const {
    EXPECT_EQ(job.state, JobState::kDone);
    // What a worker dies of cannot be a job in another process.
    EXPECT_LE(job.crashes, role() == "worker" ? 0 : 1);
    EXPECT_EQ(job.failures, 0);
    EXPECT_LE(executions.begun, 1 + job.crashes + job.interruptions)
        << "run again, and nothing says why";
    const std::int64_t accepted = job.output.empty() ? 0 : std::stoll(job.output);
    EXPECT_TRUE(executions.ended.contains(accepted)) << job.output;
    for (const auto& [epoch, times] : executions.ended) EXPECT_EQ(times, 1) << "epoch " << epoch;
  }

  Program program{"walked_tasks"};
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
};

TEST_P(MessageWalk, LosesNothingAndDoesNothingTwice) {
  std::vector<Step> steps;
  for (int place = 1; place <= kMostPlaces; ++place) {
    SCOPED_TRACE(fmt::format("the {} is killed at its place {}", role(), place));
    steps.push_back(enqueue_step(place));
    const bool was_killed = take(steps.back(), place);
    if (role() != "worker" || !was_killed) expect_orderly(steps.back());
    if (!was_killed) break;
    ASSERT_FALSE(HasFailure());
  }
  const int places = static_cast<int>(steps.size()) - 1;
  std::printf("%s: killed at %d places\n", role().c_str(), places);
  EXPECT_GE(places, kFewestPlaces);
  EXPECT_LT(places, kMostPlaces);

  finish(steps);
  const auto executed = executions();
  int children = 0;
  for (const auto& [id, executions] : executed) {
    const JobRecord job = find(id);
    SCOPED_TRACE(fmt::format("job {}, {}, domain {}", id.value, job.task, job.domain));
    expect_done_once(job, executions);
    children += job.task == "w.child" ? 1 : 0;
  }
  const std::size_t of_a_step = talks() ? 3 : kQuickJobs;  // a child is one of them
  EXPECT_EQ(executed.size(), steps.size() * of_a_step);
  EXPECT_EQ(children, talks() ? static_cast<int>(steps.size()) : 0);
}

std::string walk_name(const ::testing::TestParamInfo<WalkParameters>& info) {
  const auto& [store, role, jobs] = info.param;
  return store + role + jobs;
}

INSTANTIATE_TEST_SUITE_P(EveryRole, MessageWalk,
                         ::testing::Combine(::testing::Values("sqlite", "postgres"),
                                            ::testing::Values("worker", "keeper", "slot"),
                                            ::testing::Values("talking")),
                         walk_name);
INSTANTIATE_TEST_SUITE_P(Together, MessageWalk,
                         ::testing::Combine(::testing::Values("sqlite", "postgres"),
                                            ::testing::Values("worker", "slot"),
                                            ::testing::Values("quick")),
                         walk_name);

}  // namespace
}  // namespace stint::test
