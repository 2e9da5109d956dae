// What each kind of role may do, and what not.
#include <string>
#include <vector>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "backends/postgres/liveness.hpp"
#include "backends/postgres/lock.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "support/role_options.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Roles : public PostgresTest {
 protected:
  void TearDown() override {
    if (!role_.empty()) {
      run("drop owned by " + role_);
      run("drop role " + role_);
    }
    PostgresTest::TearDown();
  }

  /// Make a role and let it do something. Its store has its own connections.
  std::unique_ptr<Store> store_of(StoreGrant what) {
    grant(what);
    return open(url_of_role());
  }
  void grant(StoreGrant what) {
    role_ = schema() + "_role";
    run("create role " + role_ + " login password 'secret'");
    postgres::postgres_backend().open_schema({.url = url()})->grant(what, role_);
  }
  std::string url_of_role() const {
    std::string result = url();
    const auto at = result.find("://") + 3;
    const auto end = result.find('@', at);
    if (end != std::string::npos && end < result.find('/', at)) result.erase(at, end + 1 - at);
    return result.insert(at, role_ + ":secret@");
  }
  /// The SQLSTATE of a refusal; empty: none was refused.
  template <typename Work>
  static std::string refusal(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.native_code();
    }
    return {};
  }
  /// The same for a statement of the role's.
  std::string refusal_of(const std::string& statement) {
    try {
      run(fmt::format("set role {}; {}", role_, statement));
      run("reset role");
    } catch (const std::exception& error) {
      run("reset role");
      return error.what();
    }
    return {};
  }

  std::string role_;
};

constexpr const char* kDenied = "42501";

TEST_F(Roles, EnqueueOnlyEnqueuesBySqlAndSeesStates) {
  const JobId other = put(1).at(0);
  grant(StoreGrant::kEnqueue);
  EXPECT_EQ(refusal_of("select stint.enqueue('t.x', '{}', '{\"unregistered\": true}')"), "");
  EXPECT_EQ(refusal_of("select stint.job_state(1)"), "");
  EXPECT_EQ(store().list_jobs({}).size(), 2U);

  EXPECT_THAT(refusal_of(fmt::format("insert into stint.live (id, run_at, priority, state, flags,"
                                     " max_attempts, domain, task) values ({}, now(), 0, 1, 0, 1,"
                                     " 'default', 't.other')",
                                     other.value)),
              HasSubstr("denied"));
  EXPECT_THAT(refusal_of("insert into stint.idempotency values (1, now(), 'stint:child:1:1')"),
              HasSubstr("denied"));
  EXPECT_THAT(refusal_of("select stint.reserve_job_ids(5000000)"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("select args from stint.job"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("select stint.abort_job(1)"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("select stint.retry_job(1)"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("select stint.queue_again(null, '{1}', 1, 1, '{5,6}')"),
              HasSubstr("denied"));
  EXPECT_THAT(refusal_of("update stint.live set priority = 9"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("delete from stint.live"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("select * from stint.jobs"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("create table stint.mine (id int)"), HasSubstr("denied"));
}

TEST_F(Roles, WorkerDoesEverythingButChangeTables) {
  const auto store = store_of(StoreGrant::kWorker);
  const auto enqueued = store->enqueue(std::vector<NewJob>(3, {.task = "t.run"}));
  const WorkerId worker = store->register_worker({.node = "n", .host = "h"});
  ClaimRequest claim = claim_of(worker, 2);
  const auto claimed = store->exchange({}, &claim).claimed;
  ASSERT_EQ(claimed.size(), 2U);
  store->append_log(std::vector<NewLogLine>{
      {.job = claimed[0].id, .epoch = claimed[0].epoch, .at = {}, .text = "line"}});
  const std::vector<Completion> ends{
      {.id = claimed[0].id, .epoch = claimed[0].epoch, .output = "1"},
      {.id = claimed[1].id,
       .epoch = claimed[1].epoch,
       .outcome = Outcome::kFailed,
       .cause = "error",
       .error = R"({"type":"x","message":"y"})"}};
  EXPECT_EQ(store->exchange(ends, nullptr).completed.at(0), WriteResult::kAccepted);
  store->register_tasks(std::vector<TaskRecord>{{.name = "t.run", .specification = "{}"}});
  EXPECT_EQ(store->abort(enqueued[2].id, ""), JobState::kAborted);
  EXPECT_EQ(store->list_jobs({}).size(), 3U);
  const std::vector<JobId> ids{enqueued[0].id, enqueued[1].id, enqueued[2].id};
  EXPECT_EQ(store->retry_jobs({&ids[1], 1}, RetryOf::kFailures).at(0).kind,
            OperationResult::Kind::kChanged);
  const JobUpdate update{
      .id = ids[1],
      .priority = 3,
      .arguments = NewArguments{
          .read = store->find_job(ids[1])->epoch, .args = R"({"a":1})", .attachments = {"bytes"}}};
  EXPECT_EQ(store->update_jobs({&update, 1}).at(0).kind, OperationResult::Kind::kChanged);
  EXPECT_EQ(store->count_log_lines(ids).at(0), 1);
  EXPECT_EQ(store->delete_jobs({&ids[1], 1}).at(0).kind, OperationResult::Kind::kChanged);
  EXPECT_EQ(store->purge_jobs({.older_than = {}, .limit = 10}), 2);
  store->retire_worker(worker);
  EXPECT_EQ(refusal_of("select stint.retry_job(1)"), "");

  EXPECT_THAT(refusal_of("update stint.migration set version = 0"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("drop table stint.live"), HasSubstr("owner"));
  EXPECT_THAT(refusal_of("create table stint.mine (id int)"), HasSubstr("denied"));
}

TEST_F(Roles, RetryWithTheRightsOfVersionsBefore) {
  const auto store = store_of(StoreGrant::kWorker);
  run("revoke execute on function stint.queue_again(timestamptz, bigint[], bigint, bigint,"
      " smallint[]) from " +
      role_);
  const JobId id = store->enqueue(std::vector<NewJob>{{.task = "t.run"}}).at(0).id;
  EXPECT_EQ(store->abort(id, ""), JobState::kAborted);
  EXPECT_EQ(store->retry_jobs({&id, 1}, RetryOf::kFailures).at(0).kind,
            OperationResult::Kind::kChanged);
}

TEST_F(Roles, ReadOnlyReadsEverything) {
  const JobId id = put(1).at(0);
  const auto store = store_of(StoreGrant::kRead);
  EXPECT_EQ(store->find_job(id)->task, "t.run");
  EXPECT_EQ(store->list_jobs({}).size(), 1U);
  EXPECT_TRUE(store->read_log(id, 0, 10).empty());
  EXPECT_EQ(store->list_workers(false).size(), 0U);
  EXPECT_EQ(refusal_of(fmt::format("select stint.explain_job({})", id.value)), "");
  EXPECT_EQ(refusal_of("select * from stint.jobs"), "");

  EXPECT_EQ(refusal([&] { store->enqueue(std::vector<NewJob>{{.task = "t.run"}}); }), kDenied);
  EXPECT_EQ(refusal([&] { store->abort(id, ""); }), kDenied);
  EXPECT_THAT(refusal_of("select stint.enqueue('t.run')"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("delete from stint.live"), HasSubstr("denied"));
}

TEST_F(Roles, WorkersLockAndStamp) {
  grant(StoreGrant::kWorker);
  const auto lock =
      postgres::make_postgres_lock(role_options("one_instance.postgresql", url_of_role()));
  const LockRequest request = role_request();
  const LockAttempt won = lock->acquire(request);
  EXPECT_TRUE(lock->renew(role_hold(request, won)));
  EXPECT_EQ(refusal_of(fmt::format("select stint.fence_assert('stint/a.b', {})", won.token)), "");
  lock->force_release("a test");
  EXPECT_EQ(run("select reason, role from stint.one_instance_audit").front(), "a test|" + role_);
  const auto stamps =
      postgres::make_postgres_liveness(role_options("liveness.postgresql", url_of_role()));
  stamps->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  EXPECT_TRUE(stamps->read().success);

  // Tokens grow because rows stay; an audit that can be changed is none.
  EXPECT_THAT(refusal_of("delete from stint.one_instance_lock"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("delete from stint.one_instance_audit"), HasSubstr("denied"));
  EXPECT_THAT(refusal_of("update stint.one_instance_audit set reason = ''"), HasSubstr("denied"));
}

TEST_F(Roles, ReadersSeeLocksAndStamps) {
  const auto holder = postgres::make_postgres_lock(role_options("one_instance.postgresql", url()));
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  grant(StoreGrant::kRead);
  const auto lock =
      postgres::make_postgres_lock(role_options("one_instance.postgresql", url_of_role()));
  EXPECT_EQ(lock->read().token, won.token);
  const auto stamps =
      postgres::make_postgres_liveness(role_options("liveness.postgresql", url_of_role()));
  EXPECT_FALSE(stamps->read().success);

  EXPECT_EQ(refusal([&] { lock->renew(role_hold(request, won)); }), kDenied);
  EXPECT_EQ(refusal([&] { lock->force_release(""); }), kDenied);
  EXPECT_EQ(refusal([&] { stamps->write(LivenessKind::kSuccess, {}); }), kDenied);
  EXPECT_THAT(refusal_of("select stint.fence_assert('stint/a.b', 1)"), HasSubstr("denied"));
  try {
    lock->acquire(role_request());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(), HasSubstr("stint db grant"));
  }
}

TEST_F(Roles, NobodyElseMayDoAnything) {
  role_ = schema() + "_role";
  run("create role " + role_);
  for (const char* statement :
       {"select stint.enqueue('t.run')", "select * from stint.jobs", "select stint.job_state(1)",
        "select stint.fence_assert('a', 1)", "select * from stint.one_instance_lock"}) {
    EXPECT_THAT(refusal_of(statement), HasSubstr("denied")) << statement;
  }
}

TEST_F(Roles, OwnerOwnsWhatThereIs) {
  put(1);
  grant(StoreGrant::kOwner);
  EXPECT_EQ(refusal_of("drop table stint.attempt"), "");
  EXPECT_EQ(run(fmt::format("select count(*) from pg_class where relnamespace = '{}'::regnamespace"
                            " and relkind in ('r', 'p', 'v', 'S')"
                            " and pg_get_userbyid(relowner) <> '{}'",
                            schema(), role_))
                .at(0),
            "0");
  EXPECT_THAT(run(fmt::format("select proname from pg_proc where pronamespace = '{}'::regnamespace"
                              " and pg_get_userbyid(proowner) <> '{}'",
                              schema(), role_)),
              IsEmpty());
}

TEST_F(Roles, AreNamedSafely) {
  const auto tables = postgres::postgres_backend().open_schema({.url = url()});
  for (const char* name : {"", "x\"; drop table job; --", "it's", "a b"}) {
    EXPECT_THROW(static_cast<void>(tables->grant_script(StoreGrant::kRead, name)), Error) << name;
  }
  EXPECT_EQ(refusal([&] { tables->grant(StoreGrant::kRead, "nobody-has-this"); }), "42704");
  EXPECT_THAT(tables->grant_script(StoreGrant::kWorker, "jobs"), HasSubstr("to \"jobs\""));
}

}  // namespace
}  // namespace stint::test
