// A store of SQLite on a disk that fails at each call in turn: with an error, without room, with
// half of what was asked for; or that is the last thing its process ever did, with or without what
// was not synced yet. At full size (STINT_FULL=1) at every call; STINT_SEED repeats a run's
// choices.
#include <sys/wait.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "backends/sqlite/backend.hpp"
#include "backends/sqlite/connection.hpp"
#include "support/child.hpp"
#include "support/failing_disk.hpp"
#include "support/history_check.hpp"
#include "support/process.hpp"
#include "support/quick_commits.hpp"
#include "support/recording_store.hpp"
#include "support/store_contract.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;

struct DiskKind {
  std::string_view name;
  DiskFault fault;
  int lasting;
};

constexpr std::array kKinds{DiskKind{"error", DiskFault::kError, 1},
                            DiskKind{"errors", DiskFault::kError, 40},
                            DiskKind{"full", DiskFault::kFull, 1},
                            DiskKind{"full for a while", DiskFault::kFull, 40},
                            DiskKind{"short read", DiskFault::kShortRead, 1},
                            DiskKind{"kill", DiskFault::kKill, 1},
                            DiskKind{"power cut", DiskFault::kPowerCut, 1},
                            DiskKind{"power cut, some written", DiskFault::kPowerSome, 1}};

class DiskFaults : public ::testing::TestWithParam<std::string> {
 protected:
  DiskFaults() { let_commits_be_quick(); }

  void SetUp() override {
    // Once for all: a store whose log is soon moved into the database.
    template_ = std::make_unique<TemporaryFolder>();
    if (GetParam() == "work") run_worker(template_->path(), "fill", {});
  }

  ProcessResult run_worker(const fs::path& folder, const std::string& phase, const DiskPlan& plan) {
    return run_process(
        {.program = test_program("disk_worker"),
         .arguments = {(folder / "jobs.db").string(), (folder / "history").string(), phase,
                       std::to_string(static_cast<int>(plan.fault)), std::to_string(plan.at),
                       std::to_string(plan.lasting), std::to_string(plan.seed)}});
  }

  void prepare(const fs::path& folder) const {
    for (const char* name : {"jobs.db", "jobs.db-wal"}) {
      if (fs::exists(template_->path() / name)) {
        fs::copy_file(template_->path() / name, folder / name);
      }
    }
  }

  static std::string integrity(const fs::path& folder) {
    sqlite::Connection connection{(folder / "jobs.db").string()};
    static constexpr SqlFile kCheck{"integrity_check", "pragma integrity_check"};
    sqlite::Query query = connection.use(kCheck);
    return query.step() ? query.text(0) : "no answer";
  }

  /// Do the rest on a sound disk, and judge all of it.
  HistoryVerdict finish(const fs::path& folder) {
    const auto real =
        sqlite::sqlite_backend().open({.url = "sqlite:" + (folder / "jobs.db").string()});
    History history{.is_drained = true};
    if (fs::exists(folder / "history")) {
      history.operations = read_history((folder / "history").string());
    }
    const std::string path = (folder / "rest").string();
    HistoryWriter writer{path};
    RecordingStore store{*real, writer};
    for (const WorkerRecord& worker : store.list_workers(true)) {
      store.rescue(
          {.worker = worker.id, .beat = worker.beat, .started = std::vector<StartedJob>{}});
    }
    const ClaimRequest request{.worker = store.register_worker({.node = "n1"}),
                               .node = "n1",
                               .tasks = {"t.run"},
                               .limit = 100};
    std::vector<Completion> done;
    do {
      const Exchange next = store.exchange(done, &request);
      done.clear();
      for (const ClaimedJob& job : next.claimed) {
        done.push_back(
            {.id = job.id, .epoch = job.epoch, .output = std::to_string(job.epoch.value)});
      }
    } while (!done.empty());
    for (Operation& one : read_history(path)) history.operations.push_back(std::move(one));
    add_stored(*real, history.operations);
    return check_history(history);
  }

  void fail_at(const DiskKind& kind, int at, unsigned seed) {
    const TemporaryFolder folder;
    prepare(folder.path());
    const ProcessResult result =
        run_worker(folder.path(), GetParam(),
                   {.fault = kind.fault, .at = at, .lasting = kind.lasting, .seed = seed});
    const std::string where = fmt::format("{} at call {}, seed {}", kind.name, at, seed);
    const bool is_deadly = kind.fault >= DiskFault::kKill;
    // The last calls of a run may be those that another run does not come to.
    if (is_deadly) {
      EXPECT_TRUE(result.signal == SIGKILL || result.exit_code == 0) << where << result.err;
      deaths_ += result.signal == SIGKILL ? 1 : 0;
    } else {
      EXPECT_EQ(result.exit_code, 0) << where << ": it did not go on: " << result.err;
    }
    try {
      const HistoryVerdict verdict = finish(folder.path());
      for (const Witness& one : verdict.witnesses) ADD_FAILURE() << where << ": " << describe(one);
      unknown_ += verdict.unknown;
      EXPECT_EQ(integrity(folder.path()), "ok") << where;
    } catch (const std::exception& error) {
      ADD_FAILURE() << where << ": " << error.what();
    }
    ++runs_;
  }

  std::unique_ptr<TemporaryFolder> template_;
  int runs_ = 0;
  int deaths_ = 0;
  std::size_t unknown_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Phases, DiskFaults, ::testing::Values("open", "work"), backend_name);

TEST_P(DiskFaults, HarmNothingWhateverCallTheyBefall) {
  const std::uint64_t seed = chosen_seed();
  std::mt19937 random{static_cast<unsigned>(seed)};
  const TemporaryFolder folder;
  prepare(folder.path());
  const ProcessResult counted = run_worker(folder.path(), GetParam(), {});
  ASSERT_EQ(counted.exit_code, 0) << counted.err;
  const int calls = std::atoi(counted.out.c_str());
  ASSERT_GT(calls, 100) << counted.out;
  std::printf("seed %llu, %d calls\n", static_cast<unsigned long long>(seed), calls);
  const int step = is_full_size() ? 1 : calls / 9 + 1;
  for (const DiskKind& kind : kKinds) {
    const int first = 1 + static_cast<int>(random() % static_cast<unsigned>(step));
    for (int at = first; at <= calls; at += step)
      fail_at(kind, at, static_cast<unsigned>(random()));
  }
  std::printf("%d runs, %d processes killed, %zu operations of unknown outcome\n", runs_, deaths_,
              unknown_);
  EXPECT_GT(deaths_, 0);
}

}  // namespace
}  // namespace stint::test
