// Tasks with `.transaction = true`, on threads and in processes of a real worker.
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "stint/json.hpp"
#include "support/effect_table.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class TransactionTask : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place("postgres", missing);
    if (!place_) {
      ASSERT_FALSE(is_required("postgres")) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    table_.emplace(*place_);
    store_ = place_->open();
    program.set("STINT_STORE", place_->url());
    program.set("STINT_WORKER_GRACE", "300ms");
  }
  void TearDown() override {
    store_.reset();
    table_.reset();
  }

  JobId enqueue(const std::string& task, json args = json::object(),
                const json& metadata = json::object()) {
    if (task != "bytes" && task != "without") args["table"] = table_->name();
    const NewJob job{.task = "x." + task,
                     .args = args.dump(),
                     .max_attempts = task == "put_and_throw" ? 2 : 1,
                     .metadata = metadata.dump()};
    return store_->enqueue({&job, 1}).front().id;
  }
  ProcessOptions worker(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"worker", "run", "--slots", "2", "--isolation", GetParam()};
    words.insert(words.end(), more.begin(), more.end());
    return program.options(words);
  }
  /// Do what there is to do; returns what the worker said.
  std::string drain() const {
    const ProcessResult result = run_process(worker({"--drain"}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.err;
  }
  JobRecord find(JobId id) { return store_->find_job(id).value(); }
  JobRecord wait_for(JobId id) {
    EXPECT_TRUE(eventually([&] { return is_final(find(id).state); })) << "job " << id.value;
    return find(id);
  }
  /// Let a worker drain until the job has ended: it may find the next attempt not due yet.
  JobRecord drain_until_final(JobId id) {
    EXPECT_TRUE(eventually([&] {
      drain();
      return is_final(find(id).state);
    }));
    return find(id);
  }
  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    for (const Effect& row : table_->rows()) notes.push_back(row.note);
    return notes;
  }
  /// The process in which a task has begun; 0: none yet.
  pid_t begun_in() const {
    pid_t process = 0;
    std::ifstream{program.folder() + "/begun"} >> process;
    return process;
  }
  bool has_begun() const { return begun_in() != 0; }
  static void expect_end(Process& worker) {
    worker.send_signal(SIGTERM);
    const ProcessResult result = worker.wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }

  Program program{"transaction_tasks"};
  std::unique_ptr<StorePlace> place_;
  std::optional<EffectTable> table_;
  std::unique_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(Isolations, TransactionTask, ::testing::Values("thread", "process"),
                         [](const auto& one) { return one.param; });

TEST_P(TransactionTask, CommitsWhatItWroteWithItsCompletion) {
  std::vector<JobId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(enqueue("put", {{"note", fmt::format("n{}", i)}}));
  EXPECT_THAT(drain(), Not(HasSubstr("WARN")));
  const std::vector<Effect> rows = table_->rows();
  ASSERT_THAT(rows, SizeIs(ids.size()));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const JobRecord job = find(ids[i]);
    EXPECT_EQ(job.state, JobState::kDone);
    EXPECT_EQ(job.attempts, 1);
    EXPECT_EQ(rows[i], (Effect{ids[i], job.epoch, fmt::format("n{}", i)}));
  }
}

TEST_P(TransactionTask, KeepsNothingOfAnAttemptThatThrows) {
  const JobRecord job = drain_until_final(enqueue("put_and_throw"));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.failures, 2);
  EXPECT_THAT(job.error, HasSubstr("after it wrote"));
  EXPECT_THAT(table_->rows(), IsEmpty());
}

TEST_P(TransactionTask, IsNotRunAgainOnceItHasCommittedByItself) {
  const NewJob asked{.task = "x.put_and_commit",
                     .args = json{{"table", table_->name()}}.dump(),
                     .max_attempts = 5};
  const JobId id = store_->enqueue({&asked, 1}).front().id;
  drain();
  const JobRecord job = find(id);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.cause, "rejected");
  EXPECT_EQ(job.attempts, 1);
  EXPECT_THAT(job.error, HasSubstr("the task ended its transaction itself"));
  EXPECT_THAT(table_->rows(), SizeIs(1)) << "what it did stays, once";
}

TEST_P(TransactionTask, FailsWhenItPassesOverAnError) {
  const JobId id = enqueue("put_and_pass_over");
  drain();
  EXPECT_EQ(find(id).state, JobState::kFailed);
  EXPECT_THAT(find(id).error, HasSubstr("a statement of the task failed"));
  EXPECT_THAT(table_->rows(), IsEmpty());
}

TEST_P(TransactionTask, GoesBackWhenItsConnectionBreaks) {
  const JobId id = enqueue("put_and_lose");
  EXPECT_THAT(drain(), HasSubstr("the connection of its transaction broke"));
  const JobRecord job = wait_for(id);
  EXPECT_EQ(job.state, JobState::kDone);
  EXPECT_EQ(job.failures, 0);
  EXPECT_EQ(job.interruptions, 1);
  ASSERT_THAT(table_->rows(), SizeIs(1));
  EXPECT_EQ(table_->rows()[0].note, "attempt 2");
}

TEST_P(TransactionTask, HasItsHooksInItsTransaction) {
  const JobId id = enqueue("put", {{"note", "task"}}, {{"hook", "write"}});
  drain();
  EXPECT_EQ(find(id).state, JobState::kDone);
  EXPECT_THAT(notes(), ElementsAre("before", "behind", "task"));
  const std::string schema = table_->name().substr(0, table_->name().find('.'));
  EXPECT_THAT(table_->run(fmt::format("select distinct xmin::text from {} union "
                                      "select xmin::text from {}.finished where id = {}",
                                      table_->name(), schema, id.value)),
              SizeIs(1))
      << "the rows and the end of the job are of one transaction";
}

TEST_P(TransactionTask, KeepsNothingWhereAHookThrows) {
  for (const char* const way : {"throw before", "throw behind"}) {
    const JobId id = enqueue("put", {{"note", "task"}}, {{"hook", way}});
    drain();
    EXPECT_EQ(find(id).state, JobState::kFailed) << way;
    EXPECT_THAT(find(id).error, HasSubstr("the hook will not have it")) << way;
  }
  const JobId passing = enqueue("put", {{"note", "task"}}, {{"hook", "pass over"}});
  drain();
  EXPECT_EQ(find(passing).state, JobState::kFailed);
  EXPECT_THAT(find(passing).error, HasSubstr("a statement of the task failed"));
  const JobId put_off = enqueue("put", {{"note", "task"}}, {{"hook", "put off"}});
  drain();
  EXPECT_EQ(find(put_off).state, JobState::kScheduled);
  EXPECT_EQ(find(put_off).failures, 0);
  EXPECT_THAT(notes(), IsEmpty());
}

TEST_P(TransactionTask, KeepsNothingWhereAHookHidesWhatTheTaskThrew) {
  const JobRecord job = drain_until_final(enqueue("put_and_throw", {}, {{"hook", "swallow"}}));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.error, HasSubstr("after it wrote"));
  EXPECT_THAT(notes(), IsEmpty());
}

TEST_P(TransactionTask, IsNotRunAgainOnceAHookHasCommitted) {
  const JobId id = enqueue("put", {{"note", "task"}}, {{"hook", "commit"}});
  drain();
  EXPECT_EQ(find(id).state, JobState::kFailed);
  EXPECT_EQ(find(id).cause, "rejected");
  EXPECT_THAT(find(id).error, HasSubstr("the task ended its transaction itself"));
  EXPECT_THAT(notes(), ElementsAre("before", "behind", "task"));
}

TEST_P(TransactionTask, TellsItsFailuresOutsideOfIt) {
  const JobId id = enqueue("put_and_throw", {}, {{"alarm", table_->name()}, {"hook", "write"}});
  std::string said;
  ASSERT_TRUE(eventually([&] {
    said += drain();
    return notes().size() == 2;
  }));
  EXPECT_EQ(find(id).state, JobState::kFailed);
  EXPECT_THAT(notes(), ElementsAre("1: again", "2: failed")) << "and nothing that was rolled back";
  EXPECT_THAT(said, HasSubstr("on_failed of module x threw"));
}

TEST_P(TransactionTask, HearsOfAnAbortWhileItWaitsForTheDatabase) {
  const JobId id = enqueue("put_and_sleep_in_sql");
  Process running{worker()};
  ASSERT_TRUE(eventually([&] { return has_begun(); }));
  EXPECT_EQ(store_->abort(id, "not needed"), JobState::kAborting);
  EXPECT_EQ(wait_for(id).state, JobState::kAborted);
  EXPECT_TRUE(eventually([&] { return table_->writers() == 0; }));
  EXPECT_THAT(table_->rows(), IsEmpty());
  EXPECT_THAT(running.err(), Not(HasSubstr("ignore"))) << "nothing had to be killed or left";
  expect_end(running);
}

TEST_P(TransactionTask, IsRolledBackWhenItIgnoresItsStop) {
  const JobId id = enqueue("put_and_hang");
  Process running{worker()};
  ASSERT_TRUE(eventually([&] { return has_begun(); }));
  EXPECT_EQ(table_->writers(), 1);
  EXPECT_EQ(store_->abort(id, "not needed"), JobState::kAborting);
  EXPECT_EQ(wait_for(id).state, JobState::kAborted);
  EXPECT_TRUE(eventually([&] { return table_->writers() == 0; })) << "it must hold no lock";
  EXPECT_THAT(table_->rows(), IsEmpty());
  // The other slots go on.
  const JobId next = enqueue("put", {{"note", "next"}});
  EXPECT_EQ(wait_for(next).state, JobState::kDone);
}

TEST_P(TransactionTask, EnqueuesChildrenInItsTransaction) {
  const JobId good = enqueue("put_and_enqueue");
  const JobId bad = enqueue("put_and_enqueue", {{"fails", true}});
  drain();
  EXPECT_EQ(find(good).state, JobState::kDone);
  const JobId child{std::stoll(find(good).output)};
  EXPECT_EQ(find(child).state, JobState::kDone);
  EXPECT_EQ(find(bad).state, JobState::kFailed);
  EXPECT_THAT(store_->list_jobs({}), SizeIs(3)) << "the child of the failed one never was";
  EXPECT_THAT(table_->rows(), SizeIs(2));
}

TEST_P(TransactionTask, KeepsBytesOfItsOutput) {
  const JobId id = enqueue("bytes");
  drain();
  EXPECT_THAT(find(id).output, HasSubstr("$stint.bytes"));
  EXPECT_EQ(store_->load_attachments(id, Store::Attachments::kOutput),
            (std::vector<std::string>{"out of line"}));
}

TEST_P(TransactionTask, HasNoneUnlessItIsDeclared) {
  const JobId id = enqueue("without");
  drain();
  EXPECT_THAT(find(id).error, HasSubstr("declare it with .transaction = true"));
}

TEST_P(TransactionTask, WaitsWhileTheServerGivesNoConnection) {
  const std::string role = table_->name().substr(0, table_->name().find('.')) + "_role";
  const auto limit_sessions = [&](int most) {
    table_->run(fmt::format("alter role {} connection limit {}", role, most));
  };
  table_->run(fmt::format("create role {} login", role));
  place_->open_schema()->grant(StoreGrant::kWorker, role);
  table_->run(fmt::format("grant insert on {} to {}", table_->name(), role));
  std::string url = place_->url();
  url.replace(url.find("://") + 3, url.find('@') - url.find("://") - 3, role);
  program.set("STINT_STORE", url);
  {
    Process running{worker()};
    ASSERT_TRUE(eventually([&] { return !store_->list_workers(true).empty(); }));
    limit_sessions(0);  // those that it has stay
    const JobId id = enqueue("put", {{"note", "late"}});
    EXPECT_TRUE(eventually([&] {
      return running.err().find("no transaction can be begun now") != std::string::npos;
    })) << running.err();
    limit_sessions(-1);
    const JobRecord job = wait_for(id);
    EXPECT_EQ(job.state, JobState::kDone);
    EXPECT_EQ(job.attempts, 1);
    EXPECT_EQ(job.failures, 0);
    expect_end(running);
  }
  table_->run("drop owned by " + role);
  table_->run("drop role " + role);
}

TEST_P(TransactionTask, ShowsThePasswordOfItsStoreToNobody) {
  std::string url = place_->url();
  url.insert(url.find('@'), ":canary-2b7e");  // this server asks for none
  program.set("STINT_STORE", "");
  program.write_file("stint.toml", fmt::format("[stores]\ndefault = \"{}\"\n", url));
  enqueue("put_and_hang");
  Process running{worker({"--log-level", "debug"})};
  ASSERT_TRUE(eventually([&] { return has_begun(); })) << running.err();
  for (const char* const what : {"cmdline", "environ"}) {
    std::ifstream file{fmt::format("/proc/{}/{}", begun_in(), what)};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_FALSE(text.empty());
    EXPECT_THAT(text, Not(HasSubstr("canary-2b7e"))) << what;
  }
  EXPECT_THAT(running.err(), Not(HasSubstr("canary-2b7e")));
  EXPECT_THAT(running.out(), Not(HasSubstr("canary-2b7e")));
}

TEST_P(TransactionTask, IsShownInWhatATaskSaysOfItself) {
  EXPECT_THAT(program.output({"task", "show", "x.put"}), HasSubstr("transaction   yes"));
  EXPECT_EQ(json::parse(program.output({"task", "show", "x.put", "--json"}))["transaction"], true);
  EXPECT_THAT(program.output({"task", "show", "x.without"}), Not(HasSubstr("transaction   ")));
}

TEST_P(TransactionTask, RunsWithoutAQueueToo) {
  program.output({"run", "x.put", "--run-once", "--table", table_->name(), "--note", "direct"});
  ASSERT_THAT(table_->rows(), SizeIs(1));
  const ProcessResult result =
      program.run({"run", "x.put_and_throw", "--run-once", "--table", table_->name()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(table_->rows(), SizeIs(1));
}

TEST_P(TransactionTask, IsRefusedAtTheStartOnSqlite) {
  program.set("STINT_STORE", "sqlite:jobs.db");
  const ProcessResult result = run_process(worker({"--drain"}));
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, HasSubstr("task \"x.put\": transaction is not available on the store"));
  EXPECT_THAT(result.err, HasSubstr("postgresql://"));
}

}  // namespace
}  // namespace stint::test
