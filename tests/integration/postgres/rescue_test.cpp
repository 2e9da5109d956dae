// A rescue beside an exchange that is still under way.
#include <future>
#include <memory>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "base/sql_override.hpp"
#include "postgres_test_base.hpp"
#include "stint_generated/postgres_sql.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

class PostgresRescue : public PostgresTest {
 protected:
  /// Whether a rescue waits for an exchange that has completed a job of the worker and is about to
  /// claim for it, and yet lets that go on.
  bool lets_an_exchange_go_on() {
    const std::unique_ptr<Store> rescuer = open(url());
    put(1);
    const WorkerId worker = new_worker(*rescuer);
    const ClaimRequest request = claim_of(worker);
    EXPECT_EQ(rescuer->exchange({}, &request).claimed.size(), 1U);
    run("begin");
    run("select from stint.live where state = 3 for update");
    std::future<RescueResult> rescued = std::async(std::launch::async, [&] {
      return rescuer->rescue({.worker = worker, .beat = 0, .started = std::vector<StartedJob>{}});
    });
    EXPECT_TRUE(eventually([&] {
      return run("select count(*) from pg_locks where not granted and locktype = 'transactionid'"
                 " and transactionid = pg_current_xact_id()::xid") == std::vector<std::string>{"1"};
    }));
    const bool is_free = !run(fmt::format("select id from stint.worker where id = {} for share "
                                          "skip locked",
                                          worker.value))
                              .empty();
    run("rollback");
    EXPECT_TRUE(rescued.get().was_dead);
    return is_free;
  }
};

TEST_F(PostgresRescue, AndAnExchangeNeverWaitForEachOther) {
  EXPECT_TRUE(lets_an_exchange_go_on());
}

TEST_F(PostgresRescue, AndAnExchangeWouldWithoutTheirOrder) {
  const SqlOverride mutant{postgres::sql::lock_held, "select $1::bigint"};
  EXPECT_FALSE(lets_an_exchange_go_on());
}

}  // namespace
}  // namespace stint::test
