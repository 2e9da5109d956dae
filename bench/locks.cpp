#include "locks.hpp"
#include <chrono>
#include <cstdlib>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include "base/url.hpp"
#include "meter.hpp"
#include "stint/json.hpp"
#include "stint/one_instance_lock.hpp"
#include "stint/settings.hpp"
#include "stint_generated/redis_lua.hpp"

namespace stint::bench {
namespace {

using std::chrono::steady_clock;

constexpr int kWaiters = 8;
constexpr int kHandOvers = 200;
constexpr int kQuickHandOvers = 20;

/// One kind of lock, and where it is.
struct Place {
  std::string backend;
  std::string settings;
  double longest_ms = 100;  // of a hand-over
  std::function<void()> prepare = [] {};
};

std::string server(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? std::string{} : value;
}

Settings settings_of(const Place& place) {
  LoadOptions options;
  options.toml = fmt::format("[one_instance]\nbackend = \"{0}\"\n[one_instance.{0}]\n{1}\n",
                             place.backend, place.settings);
  options.use_environment = false;
  return load_settings(options);
}

OneInstanceLock open(const Place& place, const std::string& task) {
  return OneInstanceLock::open(settings_of(place), task);
}

/// hiredis alone.
class BareRedis final {
 public:
  explicit BareRedis(const std::string& url) : url_(parse_url(url)) {
    connection_.reset(redisConnect(url_.host.c_str(), url_.port.value_or(6379)));
  }

  std::string call(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply{
        static_cast<redisReply*>(redisCommandArgv(connection_.get(), static_cast<int>(words.size()),
                                                  texts.data(), sizes.data())),
        freeReplyObject};
    if (!reply || reply->type == REDIS_REPLY_ERROR) throw std::runtime_error{"redis refuses"};
    if (reply->type == REDIS_REPLY_ARRAY) return reply->element[1]->str;
    return reply->str == nullptr ? std::string{} : reply->str;
  }

 private:
  const Url url_;
  std::unique_ptr<redisContext, decltype(&redisFree)> connection_{nullptr, redisFree};
};

template <typename Cycle>
Sample cycles_of(const Plan& plan, const Cycle& cycle) {
  const auto end = steady_clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
  const Meter meter;
  std::int64_t cycles = 0;
  for (; steady_clock::now() < end; ++cycles) cycle();
  return meter.stop(cycles);
}

Sample cycles_of_redis(const std::string& url, const Plan& plan) {
  BareRedis redis{url};
  return cycles_of(plan, [&] {
    redis.call({"SET", "stint-bench", "x", "NX", "PX", "30000"});
    redis.call({"DEL", "stint-bench"});
  });
}

/// What a lock asks the server, without whatever else it does.
Sample cycles_of_scripts(const std::string& url, const Plan& plan) {
  BareRedis redis{url};
  const std::string acquire =
      redis.call({"SCRIPT", "LOAD", std::string{stint::redis::lua::acquire.text}});
  const std::string release =
      redis.call({"SCRIPT", "LOAD", std::string{stint::redis::lua::release.text}});
  const std::string owner = json(this_process_as_owner("bench.cycles")).dump();
  return cycles_of(plan, [&] {
    const std::string token = redis.call(
        {"EVALSHA", acquire, "1", "stint-bench-lock", "id", "30000", "12000", "", "", "0", owner});
    redis.call({"EVALSHA", release, "1", "stint-bench-lock", "id", token});
  });
}

Sample cycles_of_lock(const Place& place, const Plan& plan) {
  place.prepare();
  OneInstanceLock lock = open(place, "bench.cycles");
  return cycles_of(plan, [&] {
    if (!lock.try_acquire()) throw std::runtime_error{"the lock is not free"};
    lock.release();
  });
}

Sample cycles_of_postgres(const std::string& url, const Plan& plan) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(url.c_str()), PQfinish};
  const auto run = [&](const char* statement) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection.get(), statement),
                                                               PQclear};
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      throw std::runtime_error{PQerrorMessage(connection.get())};
    }
  };
  run("set client_min_messages = warning");
  run("drop table if exists stint_bench_lock");
  run("create table stint_bench_lock (name text primary key, owner text)");
  run("insert into stint_bench_lock values ('a', null)");
  const Sample sample = cycles_of(plan, [&] {
    run("update stint_bench_lock set owner = 'x' where name = 'a' and owner is null");
    run("update stint_bench_lock set owner = null where name = 'a' and owner = 'x'");
  });
  run("drop table stint_bench_lock");
  return sample;
}

/// From the call that releases to the answer that the next one has it, with others waiting too.
Sample hand_overs(const Place& place, const Plan& plan) {
  place.prepare();
  const int rounds = plan.quick ? kQuickHandOvers : kHandOvers;
  Sample sample;
  std::mutex mutex;
  std::optional<steady_clock::time_point> released_at;
  std::string problem;
  int left = rounds;
  std::latch ready{kWaiters};
  std::vector<std::jthread> waiters;
  for (int i = 0; i < kWaiters; ++i) {
    waiters.emplace_back([&] {
      OneInstanceLock lock = open(place, "bench.handover");
      ready.arrive_and_wait();
      while (true) {
        const LockResult won = lock.acquire(std::chrono::seconds{60});
        const auto now = steady_clock::now();
        {
          const std::scoped_lock guard{mutex};
          if (!won) problem = "nobody got the lock in a minute: " + won.problem;
          if (released_at) {
            sample.values.push_back(
                std::chrono::duration<double, std::milli>(now - *released_at).count());
            --left;
          }
          if (left <= 0 || !problem.empty()) {
            if (won) lock.release();
            return;
          }
        }
        // So that the others are asleep again.
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        {
          const std::scoped_lock guard{mutex};
          released_at = steady_clock::now();
        }
        lock.release();
      }
    });
  }
  waiters.clear();
  if (!problem.empty()) throw std::runtime_error{problem};
  sample.jobs = rounds;
  return sample;
}

Figure hand_over_figure(const Place& place, const Plan& plan) {
  Figure figure{.name = fmt::format("lock/{}-hand-over", place.backend),
                .title = fmt::format("from a release to the next holder, {} wait", kWaiters),
                .unit = Unit::kMilliseconds};
  figure.contestants = {{"OneInstanceLock", [=] { return hand_overs(place, plan); }}};
  figure.targets = {
      {.contestant = "OneInstanceLock", .bound = Bound::kGreatestValue, .limit = place.longest_ms}};
  return figure;
}

/// The floor comes first, the lock last.
Figure cycle_figure(const Place& place, const Plan& plan, std::vector<Contestant> bare) {
  Figure figure{.name = fmt::format("lock/{}-cycle", place.backend),
                .title = "acquire and release, one after the other",
                .contestants = std::move(bare)};
  figure.targets = {{.contestant = "OneInstanceLock",
                     .bound = Bound::kLeastRatio,
                     .limit = 0.7,
                     .over = figure.contestants.front().name}};
  figure.contestants.push_back({"OneInstanceLock", [=] { return cycles_of_lock(place, plan); }});
  return figure;
}

}  // namespace

std::vector<Figure> lock_figures(const Plan& plan, const StorePlace* postgres,
                                 std::vector<std::string>& notes) {
  std::vector<Figure> figures;
  const auto folder = (plan.folder / "locks").string();
  figures.push_back(hand_over_figure(
      {.backend = "flock", .settings = fmt::format("directory = \"{}\"", folder)}, plan));
  figures.push_back(hand_over_figure(
      {.backend = "sqlite",
       .settings = fmt::format("url = \"sqlite:{}/locks.db\"", plan.folder.string()),
       .longest_ms = 300},
      plan));
  const std::string redis = server("STINT_TEST_REDIS");
  if (redis.empty()) {
    notes.emplace_back("locks of Redis: left out, STINT_TEST_REDIS names no server");
  } else {
    const Place place{.backend = "redis",
                      .settings = fmt::format("url = \"{}\"\nrestart_guard = false", redis)};
    figures.push_back(cycle_figure(
        place, plan,
        {{"hiredis: the same two scripts", [=] { return cycles_of_scripts(redis, plan); }},
         {"hiredis: SET NX PX, DEL", [=] { return cycles_of_redis(redis, plan); }}}));
    figures.push_back(hand_over_figure(place, plan));
  }
  const std::string consul = server("STINT_TEST_CONSUL");
  if (consul.empty()) {
    notes.emplace_back("locks of Consul: left out, STINT_TEST_CONSUL names no agent");
  } else {
    figures.push_back(hand_over_figure(
        {.backend = "consul", .settings = fmt::format("url = \"{}\"", consul)}, plan));
  }
  if (postgres != nullptr) {
    const Place place{.backend = "postgresql",
                      .settings = fmt::format("url = \"{}\"", postgres->url),
                      .prepare = postgres->make_new};
    figures.push_back(cycle_figure(
        place, plan,
        {{"libpq: two updates", [=] { return cycles_of_postgres(plan.postgres_url, plan); }}}));
    figures.push_back(hand_over_figure(place, plan));
  }
  return figures;
}

}  // namespace stint::bench
