// What users see of a server that is down, only reads or has no room, and what workers make of it.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/grim_worker.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"
#include "support/small_disk.hpp"
#include "support/store_contract.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PostgresFaults : public GrimWorker {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
  }

  void start_server(const PostgresServer::Options& options = {}) {
    server_.emplace(options);
    open_schema({.url = server_->url()})->migrate();
    use_store(server_->url());
  }

  /// Enqueue jobs with so much ballast until one is refused; return what the refusal was.
  std::optional<Error> enqueue_until_refused(std::size_t bytes) {
    std::string ballast;
    for (int i = 0; ballast.size() < bytes; ++i) {
      ballast += std::to_string(static_cast<unsigned>(i) * 2654435761U);  // does not compress well
    }
    const json metadata{{"ballast", ballast}};
    for (int i = 0; i < 1000; ++i) {
      try {
        acknowledged_.push_back(enqueue({.task = "g.fine", .metadata = metadata.dump()}));
      } catch (const Error& error) {
        return error;
      }
    }
    return std::nullopt;
  }

  void expect_all_done() {
    for (const JobId id : acknowledged_) {
      const JobRecord job = wait_for(id, 60s);
      ASSERT_EQ(job.state, JobState::kDone) << job.error;
      EXPECT_EQ(job.crashes, 0);
    }
  }

  /// Every index against its table, every table against its rules.
  void expect_sound() {
    server_->run("create extension if not exists amcheck");
    const std::string tables =
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'stint' ";
    EXPECT_GT(server_
                  ->run("select bt_index_check(c.oid, true) " + tables +
                        "and c.relkind = 'i' and c.relam = (select oid from pg_am where amname "
                        "= 'btree')")
                  .size(),
              5U);
    EXPECT_THAT(server_->run("select c.relname, v.msg from pg_class c join pg_namespace n on n.oid "
                             "= c.relnamespace, verify_heapam(c.oid) v where n.nspname = 'stint' "
                             "and c.relkind = 'r'"),
                ::testing::IsEmpty());
  }

  std::optional<PostgresServer> server_;
  std::vector<JobId> acknowledged_;
};
INSTANTIATE_TEST_SUITE_P(Stores, PostgresFaults, ::testing::Values("postgres"), backend_name);

TEST_P(PostgresFaults, AServerThatIsDownIsNamed) {
  start_server();
  const std::string place = fmt::format("127.0.0.1:{}", server_->port());
  Process running{worker(1)};
  const JobId first = enqueue("g.fine");
  EXPECT_EQ(wait_for(first).state, JobState::kDone);
  server_->stop(Shutdown::kFast);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"worker", "run"}, {"enqueue", "g.fine"}, {"job", "list"}, {"db", "status"}}) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 69) << ::testing::PrintToString(words);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(HasSubstr(place), HasSubstr("check that the server runs")));
  }
  // The worker that was there waits, and says so once.
  const auto outages = [&] {
    int count = 0;
    for (const std::string& line : lines_of(running.err())) {
      if (line.find(" ERROR ") != std::string::npos) ++count;
    }
    return count;
  };
  EXPECT_TRUE(eventually([&] { return outages() > 0; }));
  server_->start();
  const JobId second = enqueue("g.fine");
  EXPECT_EQ(wait_for(second).state, JobState::kDone);
  EXPECT_EQ(outages(), 1) << running.err();
  // Once each of its roles had an answer, the heartbeat among them.
  EXPECT_TRUE(eventually([&] { return running.err().find("answers again") != std::string::npos; }));
  expect_end(running);
}

TEST_P(PostgresFaults, AStandbyIsReadAndNothingElse) {
  start_server();
  const JobId id = enqueue("g.fine");
  const PostgresServer standby{
      {.standby_of = fmt::format("host=127.0.0.1 port={} user=postgres", server_->port())}};
  ASSERT_EQ(standby.run("select pg_is_in_recovery()"), std::vector<std::string>{"t"});
  program.set("STINT_STORE", standby.url());
  EXPECT_THAT(program.output({"job", "list"}), HasSubstr("g.fine"));
  EXPECT_THAT(program.output({"job", "show", std::to_string(id.value)}), HasSubstr("queued"));
  EXPECT_THAT(program.output({"db", "status"}), HasSubstr("queued"));
  program.output({"worker", "list"});
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"enqueue", "g.fine"}, {"worker", "run"}, {"job", "abort", std::to_string(id.value)}}) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 69) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("this server only reads"),
                                  HasSubstr(fmt::format("127.0.0.1:{}", standby.port())),
                                  HasSubstr("target_session_attrs=read-write")));
  }
  // With both in the URL it is the primary that is taken.
  program.set("STINT_STORE", fmt::format("postgresql://postgres@127.0.0.1:{},127.0.0.1:{}/"
                                         "postgres?schema=stint&target_session_attrs=read-write",
                                         standby.port(), server_->port()));
  program.output({"worker", "run", "--drain"});
  EXPECT_EQ(state(id), JobState::kDone);
}

TEST_P(PostgresFaults, AServerThatOnlyReadsForAWhileIsWaitedFor) {
  start_server();
  Process running{worker(1)};
  EXPECT_EQ(wait_for(enqueue("g.fine")).state, JobState::kDone);
  const JobId waiting = enqueue({.task = "g.fine", .delay = 1s});
  server_->run("alter system set default_transaction_read_only = on");
  server_->run("select pg_reload_conf()");
  EXPECT_TRUE(eventually([&] { return running.err().find("only reads") != std::string::npos; }))
      << running.err();
  EXPECT_THROW(enqueue("g.fine"), Error);
  server_->run("alter system reset default_transaction_read_only");
  server_->run("select pg_reload_conf()");
  EXPECT_EQ(wait_for(waiting).state, JobState::kDone);
  expect_end(running);
}

TEST_P(PostgresFaults, ARoleThatMayNotAndTablesThatAreNewerAreNamed) {
  start_server();
  server_->run("create role reader login");
  program.output({"db", "grant", "read", "reader"});
  program.set("STINT_STORE", fmt::format("postgresql://reader@127.0.0.1:{}/postgres?schema=stint",
                                         server_->port()));
  program.output({"job", "list"});
  const auto refusal = [&](const std::vector<std::string>& words) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 78) << ::testing::PrintToString(words) << result.err;
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"enqueue", "g.fine"}, {"worker", "run"}}) {
    EXPECT_THAT(refusal(words), AllOf(HasSubstr("permission denied"), HasSubstr("grant")));
  }
  program.set("STINT_STORE", server_->url());
  server_->run("insert into stint.migration (version, name) values (900, 'from the future')");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"enqueue", "g.fine"}, {"worker", "run"}, {"job", "list"}, {"db", "status"}}) {
    EXPECT_THAT(refusal(words), AllOf(HasSubstr("900"), HasSubstr("newer version")));
  }
}

// Rows find no room: the server refuses statements, and lives.
TEST_P(PostgresFaults, AFullDiskOfTheTablesRefusesAndLosesNothing) {
  const std::filesystem::path folder = std::filesystem::path{program.folder()};
  std::filesystem::permissions(folder, std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const SmallDisk disk{folder / "disk", "30m"};
  if (!disk.problem().empty()) GTEST_SKIP() << "needs the right to mount: " << disk.problem();
  std::filesystem::create_directory(folder / "wal");
  start_server({.data = disk.folder() / "data", .wal = folder / "wal"});
  Process running{worker(2)};
  acknowledged_.push_back(enqueue("g.fine"));
  wait_for(acknowledged_.front());
  for (const std::size_t bytes : {std::size_t{500'000}, std::size_t{0}}) {
    const std::optional<Error> refusal = enqueue_until_refused(bytes);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code(), ErrorCode::kUnavailable);
    EXPECT_FALSE(refusal->outcome_unknown());
    EXPECT_THAT(refusal->what(), HasSubstr("the server's disk is full: make room"));
    disk.fill();
  }
  const auto is_refused = [&] { return running.err().find("disk is full") != std::string::npos; };
  EXPECT_TRUE(eventually([&] { return is_refused() || open_jobs() == 0; })) << running.err();
  EXPECT_FALSE(running.has_ended()) << running.err();
  disk.grow("300m");
  acknowledged_.push_back(enqueue("g.fine"));
  expect_all_done();
  expect_end(running);
  expect_sound();
}

TEST_P(PostgresFaults, AFullDiskIsGotOverEachTime) {
  const std::filesystem::path folder = std::filesystem::path{program.folder()};
  std::filesystem::permissions(folder, std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const SmallDisk disk{folder / "disk", "150m"};
  if (!disk.problem().empty()) GTEST_SKIP() << "needs the right to mount: " << disk.problem();
  std::filesystem::create_directory(folder / "wal");
  start_server({.data = disk.folder() / "data", .wal = folder / "wal"});
  Process running{worker(2)};
  // One that begins while the disk is full finds no room for its registration, and ends.
  acknowledged_.push_back(enqueue("g.fine"));
  wait_for(acknowledged_.front());
  const int cycles = is_full_size() ? 20 : 1;
  for (int cycle = 1; cycle <= cycles && !HasFailure(); ++cycle) {
    disk.fill();
    const std::optional<Error> refusal = enqueue_until_refused(500'000);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code(), ErrorCode::kUnavailable);
    disk.make_room();
    ASSERT_TRUE(eventually([&] {
      try {
        acknowledged_.push_back(enqueue("g.fine"));
      } catch (const Error& error) {
        return false;
      }
      return true;
    }));
    expect_all_done();
    EXPECT_FALSE(running.has_ended()) << running.err();
  }
  std::printf("%d times full, %zu acknowledged and done\n", cycles, acknowledged_.size());
  expect_end(running);
  expect_sound();
}

// The log of changes finds no room: the server ends itself, and is started again by its operator.
TEST_P(PostgresFaults, AFullDiskOfTheLogLosesNothing) {
  const std::filesystem::path folder = std::filesystem::path{program.folder()};
  std::filesystem::permissions(folder, std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const SmallDisk disk{folder / "disk", "20m"};
  if (!disk.problem().empty()) GTEST_SKIP() << "needs the right to mount: " << disk.problem();
  std::filesystem::create_directory(disk.folder() / "wal");
  start_server(
      {.settings = {"min_wal_size = '2MB'", "max_wal_size = '16MB'", "checkpoint_timeout = '1h'"},
       .wal = disk.folder() / "wal"});
  Process running{worker(2)};
  acknowledged_.push_back(enqueue("g.fine"));
  wait_for(acknowledged_.front());
  disk.fill();
  const std::optional<Error> refusal = enqueue_until_refused(200'000);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ErrorCode::kUnavailable) << refusal->what();
  EXPECT_TRUE(refusal->retryable());
  EXPECT_TRUE(eventually([&] { return server_->has_ended(); })) << server_->log();
  EXPECT_THAT(server_->log(), HasSubstr("No space left on device"));
  EXPECT_FALSE(running.has_ended()) << running.err();
  disk.grow("300m");
  server_->stop(Shutdown::kFast);
  server_->start();
  acknowledged_.push_back(enqueue("g.fine"));
  expect_all_done();
  expect_end(running);
  expect_sound();
}

}  // namespace
}  // namespace stint::test
