// The server crashes, restarts and loses sessions while workers work and others enqueue. At full
// size (STINT_FULL=1) 20 crashes, 5 restarts and 200 sessions over 50,000 jobs; STINT_SEED repeats
// a run's choices.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "stint/stint.hpp"
#include "support/child.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/kill_check.hpp"
#include "support/postgres_server.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;

struct OutageSize {
  int jobs = 800;
  int crashes = 1;
  int restarts = 1;
  int sessions = 10;  // terminated or killed
  int workers = 2;
  int enqueuers = 2;
};

OutageSize outage_size() {
  if (!is_full_size()) return {};
  return {
      .jobs = 50'000, .crashes = 20, .restarts = 5, .sessions = 200, .workers = 4, .enqueuers = 4};
}

enum class Fault : std::uint8_t { kCrash, kRestart, kTerminate, kKill };

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::kCrash:
      return "crash";
    case Fault::kRestart:
      return "restart";
    case Fault::kTerminate:
      return "terminate";
    case Fault::kKill:
      break;
  }
  return "kill";
}

std::vector<Fault> plan_faults(const OutageSize& size, std::mt19937_64& random) {
  std::vector<Fault> faults(static_cast<std::size_t>(size.crashes), Fault::kCrash);
  faults.insert(faults.end(), static_cast<std::size_t>(size.restarts), Fault::kRestart);
  for (int i = 0; i < size.sessions; ++i) {
    faults.push_back(i % 2 == 0 ? Fault::kTerminate : Fault::kKill);
  }
  std::ranges::shuffle(faults, random);
  return faults;
}

/// What enqueuers were told. Jobs whose enqueue had an unknown outcome are known by their
/// arguments.
struct Told {
  Mutex mutex;
  std::vector<JobId> taken STINT_GUARDED_BY(mutex);
  std::set<std::string> unknown STINT_GUARDED_BY(mutex);
  std::atomic<int> tries_that_failed{0};
};

class ServerFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
    server_.emplace();
    open_schema({.url = server_->url()})->migrate();
    journal_path_ = (folder_.path() / "journal").string();
    const JournalWriter make{journal_path_};
    journal_ = std::make_unique<JournalReader>(journal_path_);
  }

  void start_worker() {
    workers_.push_back(std::make_unique<Process>(
        ProcessOptions{.program = test_program("journal_worker"),
                       .arguments = {server_->url(), journal_path_, "4"}}));
  }

  /// Enqueue job after job, each until it is known to be taken or may have been.
  void enqueue(int first, int count, std::uint64_t seed, Told& told) {
    std::mt19937_64 random{seed};
    const Settings settings =
        load_settings({.toml = fmt::format("[stores]\ndefault = \"{}\"\n", server_->url()),
                       .use_environment = false});
    Client client{settings};
    for (int n = first; n < first + count; ++n) {
      const json args{{"ms", std::uniform_int_distribution{5, 40}(random)}};
      const std::string tag = fmt::format("n{}", n);
      // Not far ahead of the workers: the faults are to hit enqueues as well.
      static_cast<void>(eventually([&] { return n - first < ended_ / enqueuers_ + 500; }, 10min));
      const bool is_settled = eventually(
          [&] {
            try {
              const JobId id = client.enqueue("killed.job", args, {.tags = {tag}}).id();
              const MutexLock lock{told.mutex};
              told.taken.push_back(id);
            } catch (const Error& error) {
              EXPECT_TRUE(error.retryable()) << error.what();
              ++told.tries_that_failed;
              if (!error.outcome_unknown()) return false;
              const MutexLock lock{told.mutex};
              told.unknown.insert(tag);
            }
            return true;
          },
          1min);
      EXPECT_TRUE(is_settled) << "job " << n;
    }
  }

  void read_journal() {
    for (JournalEntry& entry : journal_->read_new()) {
      if (entry.is_end) ++ended_;
      history_.journal.push_back(entry);
    }
  }
  bool reaches(int ended, std::chrono::milliseconds limit) {
    return eventually(
        [&] {
          read_journal();
          return ended_ >= ended;
        },
        limit);
  }

  void cause(Fault fault, std::mt19937_64& random) {
    if (fault == Fault::kCrash || fault == Fault::kRestart) {
      server_->stop(fault == Fault::kCrash ? Shutdown::kImmediate : Shutdown::kFast);
      server_->start();
      return;
    }
    const std::string ready = "ready to accept connections";
    const int starts = count_of(server_->log(), ready);
    const std::string died = "was terminated by signal 9";
    const int deaths = count_of(server_->log(), died);
    const auto has_died = [&] { return count_of(server_->log(), died) > deaths; };
    do {
      std::vector<pid_t> sessions;
      ASSERT_TRUE(eventually([&] { return !(sessions = server_->backends()).empty(); }));
      const pid_t one = sessions[random() % sessions.size()];
      if (fault == Fault::kTerminate) {
        server_->run(fmt::format("select pg_terminate_backend({})", one));
        return;
      }
      ::kill(one, SIGKILL);
      // It may have been about to end by itself: then nothing has happened.
    } while (!eventually(has_died, 2s));
    // A session that dies so takes all others with it: the server begins anew.
    ASSERT_TRUE(eventually([&] { return count_of(server_->log(), ready) > starts; }, 1min));
  }

  std::vector<JobRecord> all_jobs(Store& store) {
    std::vector<JobRecord> all;
    JobFilter filter{.limit = 1000};
    for (std::vector<JobRecord> page; !(page = store.list_jobs(filter)).empty();) {
      filter.before = page.back().id;
      all.insert(all.end(), page.begin(), page.end());
    }
    return all;
  }

  /// Count the stored jobs whose enqueue had an unknown outcome as enqueued: they were.
  int add_unknown(Store& store, const std::set<std::string>& unknown) {
    const std::set<JobId> taken{history_.acknowledged.begin(), history_.acknowledged.end()};
    int found = 0;
    for (const JobRecord& job : history_.stored) {
      if (taken.contains(job.id)) continue;
      const std::vector<std::string> tags = store.find_job(job.id)->tags;
      if (tags.size() != 1 || !unknown.contains(tags.front())) continue;
      history_.acknowledged.push_back(job.id);
      ++found;
    }
    return found;
  }

  static int count_of(const std::string& text, const std::string& part) {
    int count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
  }

  const TemporaryFolder folder_;
  std::optional<PostgresServer> server_;
  std::string journal_path_;
  std::unique_ptr<JournalReader> journal_;
  std::vector<std::unique_ptr<Process>> workers_;
  KillHistory history_;
  std::atomic<int> ended_{0};
  int enqueuers_ = 1;
};

TEST_F(ServerFaults, LoseNothingAndEndNoProcess) {
  const OutageSize size = outage_size();
  const std::uint64_t seed = chosen_seed();
  std::printf("seed %llu, %d jobs\n", static_cast<unsigned long long>(seed), size.jobs);
  std::mt19937_64 random{seed};
  enqueuers_ = size.enqueuers;
  for (int i = 0; i < size.workers; ++i) start_worker();
  Told told;
  std::vector<std::thread> threads;
  const int share = size.jobs / size.enqueuers;
  for (int i = 0; i < size.enqueuers; ++i) {
    const std::uint64_t own_seed = random();
    threads.emplace_back([&, i, own_seed] { enqueue(i * share, share, own_seed, told); });
  }
  std::chrono::nanoseconds longest{0};
  int outages = 0;
  const std::vector<Fault> faults = plan_faults(size, random);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const int due = size.jobs / (static_cast<int>(faults.size()) + 2) * static_cast<int>(i + 1);
    ASSERT_TRUE(reaches(due, 5min)) << "before fault " << i;
    cause(faults[i], random);
    if (faults[i] != Fault::kTerminate) ++outages;
    // The server accepts connections: from here on the work must go on within 5 s.
    const auto back = real_clock().boot_now();
    read_journal();
    const int before = ended_;
    EXPECT_TRUE(reaches(before + 5, 20s)) << "after fault " << i << ", " << name_of(faults[i]);
    longest = std::max(longest, real_clock().boot_now() - back);
  }
  for (std::thread& thread : threads) thread.join();
  const std::unique_ptr<Store> store = open_store({.url = server_->url()});
  EXPECT_TRUE(eventually(
      [&] {
        read_journal();
        std::int64_t open = 0;
        for (const auto& one : store->status().counts) open += is_final(one.state) ? 0 : one.jobs;
        return open == 0;
      },
      3min));
  for (const auto& worker : workers_) {
    EXPECT_FALSE(worker->has_ended()) << worker->err();
    worker->send_signal(SIGTERM);
    const ProcessResult result = worker->wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    // Once an outage, not once a try; a session alone that is lost is at most one, too.
    EXPECT_LE(count_of(result.err, " ERROR "), static_cast<int>(faults.size())) << result.err;
    EXPECT_EQ(count_of(result.err, "declared dead"), 0) << result.err;
  }
  read_journal();
  const MutexLock lock{told.mutex};
  history_.acknowledged = told.taken;
  history_.stored = all_jobs(*store);
  const int recovered = add_unknown(*store, told.unknown);
  const KillVerdict verdict = judge(history_);
  std::printf(
      "%zu faults, %d of them outages: %s; %d tries of enqueuers failed, %zu of unknown outcome, "
      "%d of these stored; back after %lld ms at most\n",
      faults.size(), outages, describe(verdict).c_str(), told.tries_that_failed.load(),
      told.unknown.size(), recovered,
      static_cast<long long>(
          std::chrono::duration_cast<std::chrono::milliseconds>(longest).count()));
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  // The limit is that of a machine of its own; a small run may share one with all other tests.
  EXPECT_LT(longest, is_full_size() ? 5s : 15s);
  EXPECT_GT(told.tries_that_failed.load(), 0) << "no enqueuer noticed anything";
}

// A worker ends on a wrong password, and must not on a server that goes away during a login.
TEST_F(ServerFaults, ALoginThatIsCutIsAnOutage) {
  server_->run("create role ann login superuser password 'right'");
  std::ofstream{server_->data() / "pg_hba.conf"} << "host all all 127.0.0.1/32 scram-sha-256\n"
                                                 << "host all all ::1/128 trust\n";
  server_->stop(Shutdown::kFast);
  server_->start();
  CuttingProxy proxy{"127.0.0.1", static_cast<std::uint16_t>(server_->port()), 1};
  const auto url = [&](const char* password) {
    return fmt::format("postgresql://ann:{}@127.0.0.1:{}/postgres?schema=stint&sslmode=disable",
                       password, proxy.port());
  };
  proxy.misbehave({.close = 0.15});
  int cut = 0;
  for (int i = 0; i < 60; ++i) {
    try {
      open_store({.url = url("right")});
    } catch (const Error& error) {
      ++cut;
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << error.what();
      EXPECT_TRUE(error.retryable());
    }
  }
  EXPECT_GT(cut, 10);
  EXPECT_LT(cut, 60);
  proxy.heal();
  try {
    open_store({.url = url("wrong")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration) << error.what();
  }
}

}  // namespace
}  // namespace stint::test
