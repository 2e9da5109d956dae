// The history checker must notice, by what callers were told alone, when a guard of a claim, a
// completion or a rescue is gone; with the real statements it finds nothing.
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "base/sql_override.hpp"
#include "stint_generated/postgres_sql.hpp"
#include "stint_generated/sqlite_sql.hpp"
#include "support/fencing.hpp"
#include "support/history_check.hpp"
#include "support/quick_commits.hpp"
#include "support/recording_store.hpp"
#include "support/store_contract.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

namespace pg = postgres::sql;
namespace lite = sqlite::sql;

/// A guard as it stands in a statement, and what stands there without it.
struct Edit {
  const SqlFile* statement;
  std::string real;
  std::string weaker;
};

/// Where something is done with a store.
struct Scene {
  std::string domain;                      ///< of its own
  std::function<void()> let_an_hour_pass;  ///< by the store's time
};

class HistoryMutants : public StoreContract {
 protected:
  HistoryMutants() { let_commits_be_quick(); }

  using Body = std::function<void(Store&, const Scene&)>;

  /// Every order of a loss and of a write of who lost the job.
  static Body schedules(Loss loss, bool same_worker, ZombieWrite write) {
    return [=](Store& store, const Scene& scene) {
      for (const FencingSchedule& schedule : fencing_schedules(loss, same_worker)) {
        if (schedule.write != write) continue;
        // What it says itself is not asked for here.
        static_cast<void>(run_fencing_schedule(store, schedule, scene.let_an_hour_pass));
      }
    };
  }

  HistoryVerdict judge(const Body& body) {
    const std::unique_ptr<Store> real = place().open();
    StoreTime time = now();
    real->set_time_for_tests(time);
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "history").string();
    HistoryWriter writer{path};
    RecordingStore store{*real, writer};
    body(store, {.domain = fmt::format("scene-{}", ++scenes_), .let_an_hour_pass = [&] {
                   time += hours{1};
                   real->set_time_for_tests(time);
                 }});
    History history{.operations = read_history(path)};
    add_stored(*real, history.operations);
    // Other judgements on this store left theirs behind.
    std::erase_if(history.operations, [&](const Operation& one) {
      return one.action == Action::kStored && one.job && one.job <= last_job_;
    });
    for (const Operation& one : history.operations) last_job_ = std::max(last_job_, one.job);
    return check_history(history);
  }

  static std::string edited(const Edit& edit) {
    std::string text{edit.statement->text};
    const std::size_t at = text.find(edit.real);
    if (at == std::string::npos) throw std::logic_error{"there is no guard " + edit.real};
    return text.replace(at, edit.real.size(), edit.weaker);
  }

  /// On the store that this test runs on; no edits: it has no such guard in a statement.
  void expect_flagged(const std::vector<Edit>& in_sqlite, const std::vector<Edit>& in_postgres,
                      const Body& body, const std::vector<Breach>& breaches) {
    const HistoryVerdict sound = judge(body);
    EXPECT_TRUE(sound.witnesses.empty()) << describe(sound.witnesses.front());
    const std::vector<Edit>& edits = GetParam() == "sqlite" ? in_sqlite : in_postgres;
    if (edits.empty()) return;
    std::vector<std::unique_ptr<SqlOverride>> mutants;
    mutants.reserve(edits.size());
    for (const Edit& edit : edits) {
      mutants.push_back(std::make_unique<SqlOverride>(*edit.statement, edited(edit)));
    }
    const HistoryVerdict verdict = judge(body);
    ASSERT_FALSE(verdict.witnesses.empty()) << "nothing is seen without " << edits[0].real;
    const bool is_named =
        std::ranges::any_of(breaches, [&](Breach breach) { return verdict.has(breach); });
    EXPECT_TRUE(is_named) << describe(verdict.witnesses.front());
  }

 private:
  int scenes_ = 0;
  JobId last_job_;
};
STINT_ON_EVERY_STORE(HistoryMutants);

constexpr const char* kLiteGuard = "live.epoch = given_ends.epoch and live.state = 3";
constexpr const char* kServerEpoch =
    "\n    and epoch = ($3::bigint[])[width_bucket(id, $2::bigint[])]";

TEST_P(HistoryMutants, CompletionByIdAndStateIsFlagged) {
  expect_flagged({{&lite::complete_done, kLiteGuard, "live.state = 3"}},
                 {{&pg::complete_done, kServerEpoch, ""}},
                 schedules(Loss::kCrash, false, ZombieWrite::kDone),
                 {Breach::kFencedAccepted, Breach::kOtherResult});
}

TEST_P(HistoryMutants, CompletionByIdIsFlagged) {
  expect_flagged({{&lite::complete_done, kLiteGuard, "live.id is not null"}},
                 {{&pg::complete_done, std::string{" and state >= 3"} + kServerEpoch, ""}},
                 schedules(Loss::kRetire, false, ZombieWrite::kDone),
                 {Breach::kFencedAccepted, Breach::kOtherResult});
}

TEST_P(HistoryMutants, DoneWithoutTheStateIsFlagged) {
  expect_flagged({{&lite::complete_done, " and live.state = 3", ""}},
                 {{&pg::complete_done, " and state >= 3", ""}},
                 schedules(Loss::kFail, true, ZombieWrite::kDone),
                 {Breach::kFencedAccepted, Breach::kAcceptedTwice});
}

TEST_P(HistoryMutants, OtherEndsWithoutTheEpochAreFlagged) {
  expect_flagged({}, {{&pg::complete_other, "and live.epoch = ($3::bigint[])[place.number]", ""}},
                 schedules(Loss::kCrash, false, ZombieWrite::kReject),
                 {Breach::kFencedAccepted, Breach::kRefused});
}

TEST_P(HistoryMutants, ClaimWithoutTheNextEpochIsFlagged) {
  expect_flagged({{&lite::hold_jobs, "epoch = epoch + 1", "epoch = epoch"}},
                 {{&pg::claim, "epoch = epoch + 1", "epoch = epoch"},
                  {&pg::claim_from_marks, "epoch = epoch + 1", "epoch = epoch"}},
                 schedules(Loss::kFail, true, ZombieWrite::kDone),
                 {Breach::kEpochNotGrowing, Breach::kRefused, Breach::kFencedAccepted});
}

TEST_P(HistoryMutants, RescueWithoutTheNextEpochIsFlagged) {
  expect_flagged({{&lite::requeue_job, "epoch = epoch + ?2", "epoch = epoch + 0 * ?2"}},
                 {{&pg::free_jobs, "epoch = live.epoch + 1", "epoch = live.epoch"}},
                 [](Store& store, const Scene& scene) {
                   const NewJob job{.task = "t.run", .domain = scene.domain};
                   store.enqueue({&job, 1});
                   const WorkerId worker = store.register_worker({.node = "n1"});
                   const ClaimRequest request{
                       .worker = worker, .node = "n1", .tasks = {"t.run"}, .domain = scene.domain};
                   store.exchange({}, &request);
                   store.rescue({.worker = worker, .beat = 0});
                 },
                 {Breach::kEpochNotGrowing});
}

TEST_P(HistoryMutants, ClaimOfWhatRunsIsFlagged) {
  const std::string state = "where live.state = 1 and live.domain = $2::text and live.priority = ";
  const std::string none = "where live.domain = $2::text and live.priority = ";
  expect_flagged({}, {{&pg::claim, state, none}, {&pg::claim_from_marks, state, none}},
                 [](Store& store, const Scene& scene) {
                   const std::vector<NewJob> jobs{{.task = "t.run", .domain = scene.domain},
                                                  {.task = "t.nobodys", .domain = scene.domain}};
                   store.enqueue(jobs);
                   for (int i = 0; i < 2; ++i) {
                     const ClaimRequest request{.worker = store.register_worker({.node = "n1"}),
                                                .node = "n1",
                                                .tasks = {"t.run"},
                                                .domain = scene.domain};
                     store.exchange({}, &request);
                   }
                 },
                 {Breach::kClaimedTwice});
}

/// A worker that is declared dead, and goes on.
void live_on(Store& store, const Scene& scene) {
  const NewJob job{.task = "t.run", .domain = scene.domain};
  store.enqueue({&job, 1});
  const WorkerId worker = store.register_worker({.node = "n1"});
  store.rescue({.worker = worker, .beat = 0});
  const ClaimRequest request{
      .worker = worker, .node = "n1", .tasks = {"t.run"}, .domain = scene.domain};
  store.exchange({}, &request);
  store.beat(worker);
  store.rescue({.worker = worker, .beat = 1});
  store.rescue({.worker = worker, .beat = 0});
  store.retire_worker(worker);
}

TEST_P(HistoryMutants, ClaimByTheDeadIsFlagged) {
  const std::string alive = "and worker.state = 1";
  expect_flagged({{&lite::find_worker, "select state", "select 1"}},
                 {{&pg::claim, alive, ""}, {&pg::claim_from_marks, alive, ""}}, live_on,
                 {Breach::kWorker});
}

TEST_P(HistoryMutants, ABeatOfTheDeadIsFlagged) {
  expect_flagged({{&lite::beat_worker, " and state = 1", ""}},
                 {{&pg::beat_worker, " and state = 1", ""}}, live_on, {Breach::kWorker});
}

TEST_P(HistoryMutants, ARescueTwiceIsFlagged) {
  expect_flagged({{&lite::mark_dead, " and state = 1", ""}},
                 {{&pg::mark_dead, " and state = 1", ""}}, live_on, {Breach::kWorker});
}

TEST_P(HistoryMutants, RescueOfOneThatMovedOnIsFlagged) {
  expect_flagged({{&lite::mark_dead, " and beat = ?2", " and ?2 >= 0"}},
                 {{&pg::mark_dead, " and beat = $2", ""}},
                 [](Store& store, const Scene& /*scene*/) {
                   const WorkerId worker = store.register_worker({.node = "n1"});
                   store.beat(worker);
                   store.rescue({.worker = worker, .beat = 0});
                 },
                 {Breach::kWorker});
}

TEST_P(HistoryMutants, TakingTheJobsOfTheLivingIsFlagged) {
  expect_flagged({}, {{&pg::free_jobs, "and worker.state <> 1", ""}},
                 [](Store& store, const Scene& scene) {
                   const NewJob job{.task = "t.run", .domain = scene.domain};
                   store.enqueue({&job, 1});
                   const WorkerId worker = store.register_worker({.node = "n1"});
                   const ClaimRequest request{
                       .worker = worker, .node = "n1", .tasks = {"t.run"}, .domain = scene.domain};
                   const ClaimedJob held = store.exchange({}, &request).claimed.at(0);
                   store.beat(worker);
                   store.rescue({.worker = worker, .beat = 0});
                   const Completion done{.id = held.id, .epoch = held.epoch};
                   store.exchange({&done, 1}, nullptr);
                 },
                 {Breach::kRefused});
}

TEST_P(HistoryMutants, AnAbortThatEndsARunningJobIsFlagged) {
  expect_flagged({}, {{&pg::abort_waiting, " and state in (1, 2)", ""}},
                 [](Store& store, const Scene& scene) {
                   const NewJob job{.task = "t.run", .domain = scene.domain};
                   const JobId id = store.enqueue({&job, 1}).at(0).id;
                   const ClaimRequest request{.worker = store.register_worker({.node = "n1"}),
                                              .node = "n1",
                                              .tasks = {"t.run"},
                                              .domain = scene.domain};
                   store.exchange({}, &request);
                   store.abort(id, "stop");
                 },
                 {Breach::kOther});
}

TEST_P(HistoryMutants, AKeyThatIsNotLookedUpIsFlagged) {
  if (GetParam() == "sqlite") return;  // its tables refuse the second
  expect_flagged({}, {{&pg::enqueue_mixed, "where asked.key is null", "where true"}},
                 [](Store& store, const Scene& scene) {
                   const NewJob job{.task = "t.run",
                                    .domain = scene.domain,
                                    .idempotency_key = "key of " + scene.domain};
                   store.enqueue({&job, 1});
                   store.enqueue({&job, 1});
                 },
                 {Breach::kNeverEnqueued});
}

}  // namespace
}  // namespace stint::test
