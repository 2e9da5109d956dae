// The code of the documentation's pages that stands in no example: it has to compile. A test looks
// for each block of the pages here and in examples/.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <stint/one_instance_lock.hpp>
#include <stint/redis.hpp>
#include <stint/stint.hpp>
#include <stint/testing.hpp>

using namespace std::chrono_literals;
using stint::arg;

namespace {

// hooks.md
stint::WorkerOptions with_events(std::ostream& screen) {
  return {.slots = 2, .on_event = [&screen](const stint::WorkerEvent& event) {
            screen << stint::to_string(event.kind) << " " << event.job.value << " " << event.task
                   << "\n";
          }};
}

// arguments.md
stint::json count(const std::string& day, const std::string& since) {
  return {{"rows", day.size() + since.size()}};
}

STINT_MODULE(counts, m) {
  m.task("daily", count,
         {arg("day").date().help("what to count") = "today-1d", arg("since").moment() = "now/d"},
         {.zone = "Europe/Berlin", .returns = {arg("rows").integer().minimum(0)}});
}

// isolation.md
void resize(const std::string& path) { std::cout << path << '\n'; }

STINT_MODULE(isolated, m) {
  m.task("resize", resize, {arg("path")}, {.isolation = stint::Isolation::kProcess});
}

// metrics.md
void push_some(stint::Job& job) {
  job.metrics().push("rows_read", 4711, {{"table", "orders"}});
  job.metrics().push({{.name = "rows_written", .value = 12, .kind = stint::MetricKind::kCounter}});
}

class LogSink final : public stint::MetricsSink {
 public:
  void push(std::span<const stint::Metric> metrics) override {
    for (const stint::Metric& metric : metrics) {
      std::clog << metric.name << "=" << metric.value << "\n";
    }
  }
};

STINT_MODULE(reports, m) {
  m.backend("log", [](const stint::BackendOptions&) { return std::make_unique<LogSink>(); });
}

// modules.md
STINT_MODULE(images, m) {
  m.task("twice", [](long width) { return 2 * width; }, {arg("width")});
}

// one-instance.md
void write_ledger(std::int64_t token, const std::stop_token& /*stop*/) {
  std::cout << token << '\n';
}

void close_ledger(const stint::Settings& settings) {
  stint::OneInstanceLock lock = stint::OneInstanceLock::open(settings, "billing.close");
  if (!lock.acquire(1min)) return;  // somebody else has it
  write_ledger(lock.token(), lock.stop_token());
  if (lock.remaining() < 5s) return;  // before anything that cannot be undone
  lock.release();
}

void run(PGconn* sql, const char* statement, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const std::string& value : values) texts.push_back(value.c_str());
  PQclear(PQexecParams(sql, statement, static_cast<int>(texts.size()), nullptr, texts.data(),
                       nullptr, nullptr, 0));
}

void book(PGconn* sql, std::int64_t token, const std::string& cents) {
  run(sql, "begin", {});
  run(sql, "select stint.fence_assert('nightly/billing.close', $1)", {std::to_string(token)});
  run(sql, "insert into ledger (cents) values ($1)", {cents});
  run(sql, "commit", {});
}

std::string fenced_increase() {
  const std::string script =
      stint::redis::fenced_script("return redis.call('INCRBY', KEYS[2], ARGV[2])");
  // EVAL script 2 <stint::redis::lock_key("stint/billing.close")> ledger <lock.token()> 5
  return script;
}

// postgresql.md
stint::SqlStatement transfer(stint::Client& client, const stint::json& args) {
  const stint::SqlStatement statement = client.sql_enqueue("bank.transfer", args);
  return statement;
}

// settings.md
STINT_MODULE(example, m) {
  m.setting<std::string>("warehouse.url").required().help("where the warehouse answers");
  m.setting<std::chrono::seconds>("warehouse.timeout").range(1s, 60s) = 5s;
  m.setting<std::string>("warehouse.token").secret();
}

// testing.md
int divide(int a, int b) { return a / b; }

STINT_MODULE(sums, m) { m.task("divide", divide, {arg("a"), arg("b")}); }

TEST(Sums, SurviveTheLossOfAWorker) {
  stint::testing::Workers workers{{sums}, {.count = 2}};
  workers.kill(0);
  auto job = workers.client().enqueue("sums.divide", {{"a", 9}, {"b", 3}});
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(job.get(), 3);
}

TEST(Pages, HaveCodeThatCompiles) {
  EXPECT_NE(&with_events, nullptr);
  EXPECT_NE(&push_some, nullptr);
  EXPECT_NE(&close_ledger, nullptr);
  EXPECT_NE(&book, nullptr);
  EXPECT_NE(&transfer, nullptr);
  EXPECT_NE(fenced_increase(), "");
  EXPECT_EQ(std::string{"counts isolated reports images example"},
            std::string{counts.name()} + " " + std::string{isolated.name()} + " " +
                std::string{reports.name()} + " " + std::string{images.name()} + " " +
                std::string{example.name()});
}

// testing.md
std::string greeting_of(const std::string& name) { return "Hello " + name; }

STINT_MODULE(greetings, m) { m.task("greet", greeting_of, {arg("name")}); }

std::string greet_in_memory() {
  const stint::Settings settings =
      stint::load_settings({.toml = "[stores]\ndefault = \"memory:\"\n"});
  stint::Client client{settings, {greetings}};
  stint::Worker worker{settings, {greetings}, {.slots = 2}};
  worker.start();
  auto job = client.enqueue("greetings.greet", {{"name", "Ann"}});
  const std::string greeting = job.get();
  worker.stop();
  return greeting;
}

TEST(Greetings, AreMadeInMemory) { EXPECT_EQ(greet_in_memory(), "Hello Ann"); }

}  // namespace

int main(int argc, char** argv) {
  stint::serve_slot(argc, argv, {sums});  // the workers are this program again
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
