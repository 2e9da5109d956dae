// Claims beside a transaction that is held open: vacuum cannot clean the claim's index.
#include <memory>
#include <set>
#include <string>
#include "base/sql_override.hpp"
#include "postgres_test_base.hpp"
#include "stint_generated/postgres_sql.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using ::testing::SizeIs;

class PostgresMarks : public PostgresTest {
 protected:
  // As many entries of jobs that are gone as minutes of work leave behind.
  void leave_dead_entries() {
    new_worker(store());
    put(1);
    run("select stint.make_partition(1)");
    run("insert into stint.live (id, run_at, priority, state, flags, max_attempts, domain, task)"
        " select 1000000 + i, now() - interval '1 hour' + i * interval '1 microsecond', 0, 1, 0, 1,"
        " 'default', 'x.unknown' from generate_series(1, 200000) i");
  }
};

TEST_F(PostgresMarks, GiveEveryJobOnceWithAndWithoutThem) {
  // Jobs that this worker cannot run stand before all others, as dead entries do.
  leave_dead_entries();
  const WorkerId worker = new_worker(store());
  const ClaimRequest request = claim_of(worker, 2);
  std::set<JobId> seen;
  std::size_t left = 0;
  for (int round = 0; round < 30; ++round) {
    put(3);
    // Another lane, and a job that comes late with an early run_at: both must come to light.
    if (round == 10) put(1, {.task = "t.run", .priority = 5});
    if (round == 20) put(1, {.task = "t.run", .run_at = StoreTime{std::chrono::hours{1}}});
    left = 0;
    for (const ClaimedJob& job : store().exchange({}, &request).claimed) {
      EXPECT_TRUE(seen.insert(job.id).second) << job.id.value;
      ++left;
    }
    EXPECT_EQ(left, 2U);
  }
  ASSERT_TRUE(eventually([&] {
    const Exchange reply = store().exchange({}, &request);
    for (const ClaimedJob& job : reply.claimed) {
      EXPECT_TRUE(seen.insert(job.id).second) << job.id.value;
    }
    return reply.claimed.empty() && reply.looked_everywhere;
  }));
  // Nothing claimed is still proof that there is nothing.
  EXPECT_THAT(seen, SizeIs(1 + 30 * 3 + 2));
  EXPECT_EQ(run("select count(*) from stint.live where task = 't.run' and state = 1").at(0), "0");
}

TEST_F(PostgresMarks, ProveNothingWhereAllThatWasPickedHasMoved) {
  const WorkerId worker = new_worker(store());
  put(1);
  const ClaimRequest request = claim_of(worker, 2);
  {
    // As if somebody had moved the row just before it was locked.
    std::string text{postgres::sql::claim.text};
    const std::string places = "select places from picked";
    text.replace(text.find(places), places.size(), "select '{\"(0,0)\"}' from picked");
    const SqlOverride moved{postgres::sql::claim, text};
    const std::unique_ptr<Store> other = open(url());
    const Exchange reply = other->exchange({}, &request);
    EXPECT_TRUE(reply.claimed.empty());
    EXPECT_FALSE(reply.looked_everywhere);
  }
  const Exchange reply = store().exchange({}, &request);
  EXPECT_EQ(reply.claimed.size(), 1U);
  EXPECT_TRUE(store().exchange({}, &request).looked_everywhere);
}

}  // namespace
}  // namespace stint::test
