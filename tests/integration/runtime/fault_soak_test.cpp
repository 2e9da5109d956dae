// A worker and clients on a store with faults on purpose. At full size (STINT_FULL=1) 20 times as
// many jobs; STINT_SEED chooses the faults.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "base/mutex.hpp"
#include "stint/log.hpp"
#include "stint/stint.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;

/// How often each job was executed.
struct Ledger {
  Mutex mutex;
  std::map<std::int64_t, int> runs STINT_GUARDED_BY(mutex);
};
Ledger& ledger() {
  static Ledger one;
  return one;
}

}  // namespace

STINT_MODULE(soak, m) {
  m.task("note", [](Job& job) {
    const MutexLock lock{ledger().mutex};
    ++ledger().runs[job.id().value];
  });
}

namespace {

std::uint64_t seed() {
  const char* const given = std::getenv("STINT_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 7;
}

int jobs_of_each_client() { return is_full_size() ? 2000 : 100; }

/// Call until the store answers, as a caller does who has time.
template <typename Call>
auto insist(Call call) {
  for (;;) {
    try {
      return call();
    } catch (const Error& error) {
      if (!error.retryable()) throw;
    }
  }
}

class FaultSoak : public ::testing::TestWithParam<std::string> {
 protected:
  FaultSoak() {
    {
      const MutexLock lock{ledger().mutex};
      ledger().runs.clear();
    }
    set_log_sink([](const LogLine&) {});  // each fault is told of
  }
  ~FaultSoak() override { set_log_sink({}); }

  std::string plain_url() const {
    if (GetParam() == "memory") return "memory:fault-soak";
    return "sqlite:" + (folder_.path() / "jobs.db").string();
  }
  Settings settings(std::uint64_t client) const {
    return load_settings(
        {.toml = fmt::format("[stores]\ndefault = \"fault+{}?error_rate=0.15&unknown_rate=0.15"
                             "&latency=2ms&seed={}\"\n",
                             plain_url(), seed() * 100 + client),
         .use_environment = false});
  }

  /// Enqueue, again and again until each job is acknowledged, and return the ids.
  std::vector<JobId> enqueue(std::uint64_t number) const {
    Client client{settings(number)};
    std::vector<JobId> ids;
    for (int i = 0; i < jobs_of_each_client(); ++i) {
      const EnqueueOptions options{.idempotency_key = fmt::format("{}-{}", number, i)};
      ids.push_back(
          insist([&] { return client.enqueue("soak.note", json::object(), options); }).id());
    }
    return ids;
  }

  const TemporaryFolder folder_;
};

TEST_P(FaultSoak, LosesNothingAndDoesNothingTwice) {
  SCOPED_TRACE(fmt::format("STINT_SEED={}", seed()));
  const auto plain = open_store({.url = plain_url()});
  Worker worker{settings(0), {soak}, {.slots = 2}};
  insist([&] { worker.start(); });  // else its supervisor would start it again
  constexpr std::uint64_t kClients = 2;
  std::vector<std::vector<JobId>> acknowledged(kClients);
  {
    std::vector<std::jthread> clients;
    clients.reserve(kClients);
    for (std::uint64_t i = 0; i < kClients; ++i) {
      clients.emplace_back([&, i] { acknowledged[i] = enqueue(i + 1); });
    }
  }
  std::size_t jobs = 0;
  for (const std::vector<JobId>& ids : acknowledged) {
    jobs += ids.size();
    const auto are_done = [&] {
      return std::ranges::all_of(plain->job_states(ids),
                                 [](const auto& state) { return state == JobState::kDone; });
    };
    EXPECT_TRUE(eventually(are_done, 60s));
  }
  worker.stop();
  // Nothing that was not acknowledged in the end, either.
  EXPECT_EQ(plain->list_jobs({.limit = 1'000'000}).size(), jobs);
  const MutexLock lock{ledger().mutex};
  EXPECT_EQ(ledger().runs.size(), jobs);
  // Its worker neither died nor was taken for dead, so no job ran twice.
  for (const auto& [id, runs] : ledger().runs) EXPECT_EQ(runs, 1) << "job " << id;
}

INSTANTIATE_TEST_SUITE_P(Stores, FaultSoak, ::testing::Values("sqlite", "memory"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace stint::test
