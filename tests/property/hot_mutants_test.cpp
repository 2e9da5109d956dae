// Every guard of the statements that change a job, a worker or a key is taken away in turn, and the
// trial named with it has to report that; with the real statements it reports nothing.
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/connection.hpp"
#include "base/sql_override.hpp"
#include "stint/error.hpp"
#include "stint_generated/postgres_sql.hpp"
#include "stint_generated/sqlite_sql.hpp"
#include "support/fencing.hpp"
#include "support/quick_commits.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
namespace pg = postgres::sql;
namespace lite = sqlite::sql;

/// A guard as it stands in a statement, and what stands there without it.
struct TableEdit {
  const SqlFile* statement;
  std::string real;
  std::string weaker;
};

using Violations = std::vector<std::string>;

/// One run of a trial: a domain of its own, workers of its own.
class Trial {
 public:
  Trial(Store& store, std::function<void()> let_an_hour_pass)
      : store_(store), let_an_hour_pass_(std::move(let_an_hour_pass)) {
    static std::atomic<int> count{0};
    domain_ = fmt::format("trial-{}", ++count);
  }

  Store& store() { return store_; }
  const std::string& domain() const { return domain_; }
  Violations violations() const { return violations_; }
  void expect(bool holds, std::string_view what) {
    if (!holds) violations_.emplace_back(what);
  }

  WorkerId new_worker() { return store_.register_worker({.node = "n1"}); }
  Enqueued put(const std::string& key = {}) {
    const NewJob job{
        .task = "t.run", .domain = domain_, .max_attempts = 100, .idempotency_key = key};
    return store_.enqueue({&job, 1}).at(0);
  }
  std::vector<ClaimedJob> claim(WorkerId worker) {
    const ClaimRequest request{
        .worker = worker, .node = "n1", .tasks = {"t.run"}, .domain = domain_, .limit = 1};
    return store_.exchange({}, &request).claimed;
  }
  WriteResult complete(const ClaimedJob& job) {
    const Completion done{.id = job.id, .epoch = job.epoch};
    return store_.exchange({&done, 1}, nullptr).completed.at(0);
  }
  JobRecord find(JobId id) { return store_.find_job(id).value(); }
  WorkerRecord worker(WorkerId id) {
    for (const WorkerRecord& one : store_.list_workers(false)) {
      if (one.id == id) return one;
    }
    throw std::logic_error{"the worker is not stored"};
  }

  /// All orders of a zombie's write after a loss.
  void run_schedules(Loss loss, bool same_worker, ZombieWrite write) {
    for (const FencingSchedule& schedule : fencing_schedules(loss, same_worker)) {
      if (schedule.write != write) continue;
      for (std::string& one : run_fencing_schedule(store_, schedule, let_an_hour_pass_)) {
        violations_.push_back(std::move(one));
      }
    }
  }

 private:
  Store& store_;
  std::function<void()> let_an_hour_pass_;
  std::string domain_;
  Violations violations_;
};

class HotMutants : public StoreContract {
 protected:
  HotMutants() { let_commits_be_quick(); }

  using Body = std::function<void(Trial&)>;

  Violations run(const Body& body) {
    const std::unique_ptr<Store> store = place().open();
    StoreTime time = now();
    store->set_time_for_tests(time);
    Trial trial{*store, [&] {
                  time += hours{1};
                  store->set_time_for_tests(time);
                }};
    try {
      body(trial);
    } catch (const Error& error) {
      // A key that is there twice is noticed by the tables themselves. Any other error may be one
      // of the mutant's text, which would prove nothing.
      if (std::string_view{error.what()}.find("unique") == std::string_view::npos &&
          std::string_view{error.what()}.find("UNIQUE") == std::string_view::npos) {
        throw;
      }
      trial.expect(false, error.what());
    }
    return trial.violations();
  }

  static std::string edited(const TableEdit& edit) {
    std::string text{edit.statement->text};
    std::size_t edits = 0;
    for (std::size_t at = text.find(edit.real); at != std::string::npos;
         at = text.find(edit.real, at + edit.weaker.size())) {
      text.replace(at, edit.real.size(), edit.weaker);
      ++edits;
    }
    if (edits == 0) throw std::logic_error{"the statement has no guard \"" + edit.real + "\" now"};
    return text;
  }

  /// On the store that this test runs on; no edits: it has no such guard in a statement.
  void expect_caught(const std::vector<TableEdit>& in_sqlite,
                     const std::vector<TableEdit>& in_postgres, const Body& body) {
    EXPECT_THAT(run(body), IsEmpty()) << "with the real statements";
    const std::vector<TableEdit>& edits = GetParam() == "sqlite" ? in_sqlite : in_postgres;
    if (edits.empty()) return;
    std::vector<std::unique_ptr<SqlOverride>> mutants;
    mutants.reserve(edits.size());
    for (const TableEdit& edit : edits) {
      mutants.push_back(std::make_unique<SqlOverride>(*edit.statement, edited(edit)));
    }
    EXPECT_THAT(run(body), Not(IsEmpty())) << "nothing notices it without " << edits[0].real;
  }

  static Body schedules(Loss loss, bool same_worker, ZombieWrite write) {
    return [=](Trial& trial) { trial.run_schedules(loss, same_worker, write); };
  }
};
STINT_ON_EVERY_STORE(HotMutants);

// --- Completions and what a running job tells ---------------------------------------------------

TEST_P(HotMutants, DoneWithoutTheStateIsCaught) {
  expect_caught({{&lite::complete_done, " and live.state = 3", ""}},
                {{&pg::complete_done, " and state >= 3", ""}},
                schedules(Loss::kFail, true, ZombieWrite::kDone));
}

TEST_P(HotMutants, OtherEndsWithoutTheEpochAreCaught) {
  expect_caught({}, {{&pg::complete_other, "and live.epoch = ($3::bigint[])[place.number]", ""}},
                schedules(Loss::kCrash, false, ZombieWrite::kFail));
}

TEST_P(HotMutants, OtherEndsWithoutTheStateAreCaught) {
  expect_caught({}, {{&pg::complete_other, "and live.state = 3", ""}},
                schedules(Loss::kFail, true, ZombieWrite::kSnooze));
}

TEST_P(HotMutants, ReportWithoutTheEpochIsCaught) {
  expect_caught({{&lite::report, " and epoch = ?2", " and ?2 > 0"}},
                {{&pg::report, "and epoch = ($3::bigint[])[width_bucket(id, $2::bigint[])]", ""}},
                schedules(Loss::kCrash, false, ZombieWrite::kReport));
}

TEST_P(HotMutants, ReportWithoutTheStateIsCaught) {
  expect_caught({{&lite::report, " and state = 3", ""}}, {{&pg::report, " and state = 3", ""}},
                schedules(Loss::kFail, false, ZombieWrite::kReport));
}

TEST_P(HotMutants, LogWithoutTheEpochIsCaught) {
  expect_caught({{&lite::append_log, " and epoch = ?2", " and ?2 > 0"}},
                {{&pg::append_log, " and live.epoch = told.epoch", ""},
                 {&pg::append_log, " and finished.epoch = told.epoch", ""}},
                schedules(Loss::kCrash, false, ZombieWrite::kLog));
}

// --- Claims -------------------------------------------------------------------------------------

TEST_P(HotMutants, ClaimWithoutTheNextEpochIsCaught) {
  expect_caught({{&lite::hold_jobs, "epoch = epoch + 1", "epoch = epoch"}},
                {{&pg::claim, "epoch = epoch + 1", "epoch = epoch"},
                 {&pg::claim_from_marks, "epoch = epoch + 1", "epoch = epoch"}},
                schedules(Loss::kFail, true, ZombieWrite::kDone));
}

TEST_P(HotMutants, ClaimOfWhatRunsIsCaught) {
  const std::string state = "where live.state = 1 and live.domain = $2::text and live.priority = ";
  const std::string none = "where live.domain = $2::text and live.priority = ";
  expect_caught({}, {{&pg::claim, state, none}, {&pg::claim_from_marks, state, none}},
                [](Trial& trial) {
                  trial.put();
                  const NewJob waiting{.task = "t.nobodys", .domain = trial.domain()};
                  trial.store().enqueue({&waiting, 1});  // so that the lane is looked at
                  const WorkerId worker = trial.new_worker();
                  trial.expect(trial.claim(worker).size() == 1, "a job cannot be claimed");
                  trial.expect(trial.claim(worker).empty(), "a running job was claimed");
                });
}

TEST_P(HotMutants, ClaimByTheDeadIsCaught) {
  const std::string alive = "and worker.state = 1";
  expect_caught({{&lite::find_worker, "select state", "select 1"}},
                {{&pg::claim, alive, ""}, {&pg::claim_from_marks, alive, ""}}, [](Trial& trial) {
                  trial.put();
                  const WorkerId worker = trial.new_worker();
                  trial.expect(trial.store().rescue({.worker = worker, .beat = 0}).was_dead,
                               "a rescue was refused");
                  trial.expect(trial.claim(worker).empty(), "a dead worker claimed");
                });
}

TEST_P(HotMutants, ClaimThatWaitsForTheLockedIsCaught) {
  const std::string lock = "for update skip locked";
  const auto body = [this](Trial& trial) {
    if (GetParam() == "sqlite") return;  // one writes at a time
    const JobId first = trial.put().id;
    const JobId second = trial.put().id;
    const auto options = postgres::parse_connect_options(place().url());
    const postgres::ConnectionPointer session = postgres::connect(options);
    const std::string hold = fmt::format("begin; select from \"{}\".live where id = {} for update",
                                         options.schema, first.value);
    const postgres::ResultPointer held{PQexec(session.get(), hold.c_str())};
    ASSERT_EQ(PQresultStatus(held.get()), PGRES_TUPLES_OK) << PQerrorMessage(session.get());
    auto claimed = std::async(
        std::launch::async, [&trial, worker = trial.new_worker()] { return trial.claim(worker); });
    trial.expect(claimed.wait_for(seconds{5}) == std::future_status::ready,
                 "a claim waits for a job that another is taking");
    const postgres::ResultPointer free{PQexec(session.get(), "rollback")};
    const std::vector<ClaimedJob> jobs = claimed.get();
    trial.expect(jobs.size() == 1 && jobs[0].id == second, "the next job was not claimed");
  };
  expect_caught({}, {{&pg::claim, lock, ""}, {&pg::claim_from_marks, lock, ""}}, body);
  expect_caught({}, {{&pg::claim, lock, "for update"}, {&pg::claim_from_marks, lock, "for update"}},
                body);
}

// --- Rescue, and who is alive -------------------------------------------------------------------

TEST_P(HotMutants, RescueWithoutTheNextEpochIsCaught) {
  expect_caught({{&lite::requeue_job, "epoch = epoch + ?2", "epoch = epoch + 0 * ?2"}},
                {{&pg::free_jobs, "epoch = live.epoch + 1", "epoch = live.epoch"}},
                schedules(Loss::kRescue, false, ZombieWrite::kLog));
}

TEST_P(HotMutants, RescueOfOneThatMovedOnIsCaught) {
  expect_caught({{&lite::mark_dead, " and beat = ?2", " and ?2 >= 0"}},
                {{&pg::mark_dead, " and beat = $2", ""}}, [](Trial& trial) {
                  const WorkerId worker = trial.new_worker();
                  trial.store().beat(worker);
                  trial.expect(!trial.store().rescue({.worker = worker, .beat = 0}).was_dead,
                               "a worker was declared dead that had moved on");
                });
}

TEST_P(HotMutants, TakingTheJobsOfTheLivingIsCaught) {
  expect_caught({}, {{&pg::free_jobs, "and worker.state <> 1", ""}}, [](Trial& trial) {
    trial.put();
    const WorkerId worker = trial.new_worker();
    const ClaimedJob job = trial.claim(worker).at(0);
    trial.store().beat(worker);
    trial.store().rescue({.worker = worker, .beat = 0});
    trial.expect(trial.complete(job) == WriteResult::kAccepted,
                 "a living worker's job was taken away");
  });
}

TEST_P(HotMutants, RescueTwiceIsCaught) {
  expect_caught({{&lite::mark_dead, " and state = 1", ""}},
                {{&pg::mark_dead, " and state = 1", ""}}, [](Trial& trial) {
                  const WorkerId worker = trial.new_worker();
                  trial.store().rescue({.worker = worker, .beat = 0});
                  trial.expect(!trial.store().rescue({.worker = worker, .beat = 0}).was_dead,
                               "a dead worker was declared dead again");
                });
}

TEST_P(HotMutants, ABeatOfTheDeadIsCaught) {
  expect_caught({{&lite::beat_worker, " and state = 1", ""}},
                {{&pg::beat_worker, " and state = 1", ""}}, [](Trial& trial) {
                  const WorkerId worker = trial.new_worker();
                  trial.store().rescue({.worker = worker, .beat = 0});
                  trial.expect(!trial.store().beat(worker), "a dead worker goes on");
                });
}

TEST_P(HotMutants, ALeaveOfTheDeadIsCaught) {
  expect_caught({{&lite::stop_worker, " and state = 1", ""}},
                {{&pg::stop_worker, " and state = 1", ""}}, [](Trial& trial) {
                  const WorkerId worker = trial.new_worker();
                  trial.store().rescue({.worker = worker, .beat = 0});
                  trial.store().retire_worker(worker);
                  trial.expect(trial.worker(worker).state == WorkerState::kDead,
                               "a dead worker left in good order");
                });
}

// --- Keys and aborts ----------------------------------------------------------------------------

TEST_P(HotMutants, AKeyThatIsNotLookedUpIsCaught) {
  expect_caught({{&lite::find_keys, "where key = ?1", "where key = ?1 and 1 = 0"}},
                {{&pg::claim_keys, "on conflict (key) do nothing", ""}}, [](Trial& trial) {
                  const Enqueued first = trial.put("key of " + trial.domain());
                  const Enqueued second = trial.put("key of " + trial.domain());
                  trial.expect(first.id == second.id && !second.inserted, "a key made two jobs");
                });
}

TEST_P(HotMutants, AJobBesideTheKeysOwnIsCaught) {
  expect_caught({}, {{&pg::enqueue_mixed, "where asked.key is null", "where true"}},
                [](Trial& trial) {
                  trial.put("key of " + trial.domain());
                  trial.put("key of " + trial.domain());
                  trial.expect(trial.store().list_jobs({.domain = trial.domain()}).size() == 1,
                               "a key made two jobs");
                });
}

TEST_P(HotMutants, ASecondAbortIsCaught) {
  expect_caught({{&lite::mark_abort, " and abort_at is null", ""}},
                {{&pg::mark_abort, " and abort_at is null", ""}}, [](Trial& trial) {
                  trial.put();
                  const WorkerId worker = trial.new_worker();
                  const ClaimedJob job = trial.claim(worker).at(0);
                  trial.store().abort(job.id, "first");
                  trial.store().abort(job.id, "second");
                  trial.expect(trial.store().job_requests(worker).aborts.at(0).message == "first",
                               "the first message was lost");
                });
}

TEST_P(HotMutants, AnAbortThatEndsARunningJobIsCaught) {
  expect_caught({}, {{&pg::abort_waiting, " and state in (1, 2)", ""}}, [](Trial& trial) {
    trial.put();
    const ClaimedJob job = trial.claim(trial.new_worker()).at(0);
    trial.expect(trial.store().abort(job.id, "stop") == JobState::kAborting,
                 "a running job was ended under its worker");
    trial.expect(trial.complete(job) == WriteResult::kAccepted, "its completion was fenced");
  });
}

}  // namespace
}  // namespace stint::test
