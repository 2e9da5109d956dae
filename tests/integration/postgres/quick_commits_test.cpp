// Completions that do not wait for the disk, and a server that crashes before it has them.
#include <optional>
#include <string>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "core/store.hpp"
#include "support/postgres_server.hpp"

namespace stint::test {
namespace {

class QuickCommits : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
    // Nothing but commits that are waited for writes the log of changes out soon.
    server_.emplace(PostgresServer::Options{
        .settings = {"wal_writer_delay = 10s", "autovacuum = off", "checkpoint_timeout = 1h"}});
    open_schema({.url = server_->url()})->migrate();
    store_ = open_store({.url = server_->url() + "&durable_completions=off"});
    worker_ = store_->register_worker({.node = "n", .host = "n", .boot_id = "b"});
  }

  Exchange claim() {
    const ClaimRequest request{.worker = worker_, .node = "n", .tasks = {"t.run"}, .limit = 1};
    return store_->exchange({}, &request);
  }

  // Run one job to its end, and crash the server. Returns whether that took the job's end.
  bool loses_an_end() {
    const JobId id = store_->enqueue({{NewJob{.task = "t.run"}}}).at(0).id;
    const Exchange reply = claim();
    EXPECT_EQ(reply.claimed.at(0).id, id);
    const std::vector<Completion> done{
        {.id = id, .epoch = reply.claimed.at(0).epoch, .output = "42"}};
    EXPECT_EQ(store_->exchange(done, nullptr).completed.at(0), WriteResult::kAccepted);
    EXPECT_EQ(outputs(), std::to_string(++done_));
    server_->stop(Shutdown::kImmediate);
    server_->start();
    return outputs() != std::to_string(done_);
  }

  std::string outputs() const {
    return server_->run("select count(*) from stint.finished where output::text = '42'").at(0);
  }

  std::optional<PostgresServer> server_;
  std::unique_ptr<Store> store_;
  WorkerId worker_{};
  int done_ = 0;
};

TEST_F(QuickCommits, SendAgainWhatACrashOfTheServerTook) {
  bool has_lost = false;
  for (int tries = 0; tries < 5 && !has_lost; ++tries) {
    has_lost = loses_an_end();
    // The worker looks for jobs as ever, and finds none.
    EXPECT_TRUE(claim().claimed.empty());
    EXPECT_EQ(outputs(), std::to_string(done_));
  }
  EXPECT_TRUE(has_lost) << "the server wrote each end at once: nothing was tried";
}

TEST_F(QuickCommits, LeaveClaimsDurable) {
  store_->enqueue({{NewJob{.task = "t.run"}}});
  const Exchange reply = claim();
  ASSERT_EQ(reply.claimed.size(), 1U);
  server_->stop(Shutdown::kImmediate);
  server_->start();
  EXPECT_EQ(server_->run("select state, epoch from stint.live").at(0), "3|1");
}

}  // namespace
}  // namespace stint::test
