// `worker run --http`, scraped while its jobs succeed, fail, crash and are aborted.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

using Metrics = std::map<std::string, double>;

/// Every sample by its name with its labels; a line that is no sample fails the test.
Metrics parse(const std::string& text) {
  Metrics metrics;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
    const std::size_t space = line.rfind(' ');
    if (space == std::string::npos) {
      ADD_FAILURE() << "no sample: " << line;
      continue;
    }
    const bool is_new =
        metrics.emplace(line.substr(0, space), std::stod(line.substr(space))).second;
    EXPECT_TRUE(is_new) << "twice: " << line;
  }
  return metrics;
}

class WorkerMetricsProcess : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (!place_) {
      if (is_required(GetParam())) FAIL() << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    program.set("STINT_STORE", place_->url());
  }

  std::string enqueue(std::vector<std::string> words) {
    words.insert(words.begin(), "enqueue");
    return program.output(words);
  }
  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"worker",  "run", "--http",      "127.0.0.1:0",
                                   "--slots", "3",   "--isolation", "process"};
    words.insert(words.end(), more.begin(), more.end());
    worker_.emplace(program.options(words));
    address_ = served_address(*worker_);
  }
  static std::string served_address(Process& worker) {
    const std::string before = "serving http://";
    std::string address;
    EXPECT_TRUE(eventually([&] {
      const std::string log = worker.err();
      const std::size_t at = log.find(before);
      const std::size_t end = log.find("/metrics", at);
      if (at == std::string::npos || end == std::string::npos) return false;
      address = log.substr(at + before.size(), end - at - before.size());
      return true;
    })) << worker.err();
    return address;
  }
  HttpAnswer get(std::string_view path) const { return http_get(address_, path); }
  Metrics scrape() const {
    const HttpAnswer answer = get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.head, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    return parse(answer.body);
  }
  bool has_ended(const std::string& outcome, int count) const {
    return scrape()["stint_worker_ended_total{outcome=\"" + outcome + "\"}"] == count;
  }

  Program program{"test_tasks"};
  std::unique_ptr<StorePlace> place_;
  std::optional<Process> worker_;
  std::string address_;
};
INSTANTIATE_TEST_SUITE_P(Stores, WorkerMetricsProcess, ::testing::Values("sqlite", "postgres"),
                         [](const auto& one) { return one.param; });

TEST_P(WorkerMetricsProcess, CountsWhatBecomesOfJobs) {
  for (int i = 0; i < 5; ++i) enqueue({"t.double", "a=1"});
  enqueue({"t.fail"});
  enqueue({"t.reject"});
  enqueue({"t.die"});
  enqueue({"t.mail"});  // of another domain: it stays
  const std::string waiting = enqueue({"t.wait"});
  start();
  EXPECT_TRUE(eventually([&] {
    return has_ended("done", 5) && has_ended("failed", 1) && has_ended("rejected", 1) &&
           has_ended("crashed", 1);
  }));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(program.folder() + "/begun"); }));
  Metrics now = scrape();
  EXPECT_EQ(now["stint_worker_slots"], 3);
  EXPECT_EQ(now["stint_worker_slots_running"], 1);
  EXPECT_EQ(now["stint_worker_slots_free"], 2);
  EXPECT_EQ(now["stint_worker_ready"], 1);
  EXPECT_GE(now["stint_worker_claimed_total"], 9);  // the crashed one may have come again
  EXPECT_GE(now["stint_worker_begun_total"], 9);
  EXPECT_EQ(now["stint_worker_fenced_total"], 0);
  EXPECT_GE(now["stint_worker_wait_seconds_count"], 9);
  EXPECT_EQ(now["stint_worker_wait_seconds_bucket{le=\"+Inf\"}"],
            now["stint_worker_wait_seconds_count"]);
  EXPECT_GE(now["stint_worker_run_seconds_count"], 8);
  EXPECT_GT(now["stint_worker_run_seconds_sum"], 0);
  EXPECT_GT(now["stint_worker_exchange_seconds_count"], 0);
  program.output({"job", "abort", waiting});
  EXPECT_TRUE(eventually([&] { return has_ended("aborted", 1); }));
  EXPECT_EQ(scrape()["stint_worker_slots_running"], 0);
}

TEST_P(WorkerMetricsProcess, TellsOfTheStore) {
  enqueue({"t.mail"});
  enqueue({"t.double", "a=1", "--at", "2100-01-01"});
  program.output({"worker", "run", "--drain"});
  start();
  Metrics now = scrape();
  EXPECT_EQ(now["stint_store_up"], 1);
  EXPECT_EQ(now["stint_store_jobs{domain=\"mail\",state=\"queued\"}"], 1);
  EXPECT_EQ(now["stint_store_jobs{domain=\"default\",state=\"scheduled\"}"], 1);
  EXPECT_GT(now["stint_store_oldest_due_age_seconds{domain=\"mail\"}"], 0);
  EXPECT_FALSE(now.contains("stint_store_oldest_due_age_seconds{domain=\"default\"}"));
  EXPECT_EQ(now["stint_store_workers{state=\"stopped\"}"], 1);
  EXPECT_EQ(now["stint_store_workers{state=\"dead\"}"], 0);
  EXPECT_EQ(now["stint_store_ended_estimated"], 0);
  const json status = json::parse(program.output({"db", "status", "--json"}));
  EXPECT_EQ(status["workers"]["alive"], 1);
  EXPECT_EQ(status["workers"]["stopped"], 1);
  EXPECT_EQ(status["oldest_due_by_domain"].size(), 1U);
  EXPECT_EQ(status["oldest_due_by_domain"][0]["domain"], "mail");
  EXPECT_GT(status["oldest_due_by_domain"][0]["age_seconds"].get<double>(), 0);
  EXPECT_THAT(program.output({"db", "status"}), HasSubstr("workers: 1 alive, 1 stopped, 0 dead"));
}

// A worker tells of its last seconds even as it leaves.
TEST_P(WorkerMetricsProcess, TellsWhatAllWorkersDidWithinTheLastMinute) {
  for (int i = 0; i < 6; ++i) enqueue({"t.double", "a=1"});
  enqueue({"t.fail"});
  program.output({"worker", "run", "--drain"});
  const json recent = json::parse(program.output({"db", "status", "--json"}))["last_minute"];
  EXPECT_NEAR(recent["enqueued_per_second"].get<double>(), 7 / 60.0, 0.001);
  EXPECT_GT(recent["claimed_per_second"].get<double>(), 6 / 60.0);
  EXPECT_GT(recent["completed_per_second"].get<double>(), 6 / 60.0);
  EXPECT_GT(recent["failed_per_second"].get<double>(), 0);
  EXPECT_EQ(recent["fenced"], 0);
  EXPECT_GE(recent["wait_seconds"]["p99"], recent["wait_seconds"]["p50"]);
  EXPECT_GT(recent["run_seconds"]["p50"].get<double>(), 0);
  EXPECT_THAT(program.output({"db", "status"}),
              ContainsRegex("last minute: 0[.]1.*/s enqueued, .* completed [(]0[.]01"));
  start();
  Metrics now = scrape();
  EXPECT_GT(now["stint_store_enqueued_per_second"], 0);
  EXPECT_GT(now["stint_store_completed_per_second"], 0);
  EXPECT_GT(now["stint_store_failed_per_second"], 0);
  EXPECT_EQ(now["stint_store_fenced"], 0);
}

TEST_P(WorkerMetricsProcess, IsReadyUntilItDrains) {
  enqueue({"t.wait"});
  start();
  EXPECT_TRUE(eventually([&] { return get("/readyz").status == 200; }));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(program.folder() + "/begun"); }));
  worker_->send_signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return get("/readyz").status == 503; }));
  EXPECT_THAT(get("/readyz").body, HasSubstr("draining"));
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(scrape()["stint_worker_ready"], 0);
  worker_->send_signal(SIGTERM);
  EXPECT_EQ(worker_->wait().exit_code, 0);
  EXPECT_THROW(get("/healthz"), std::runtime_error);
}

TEST_P(WorkerMetricsProcess, RefusesBadRequests) {
  start();
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(get("/metrics/more").status, 404);
  EXPECT_EQ(get("/../metrics").status, 404);
  EXPECT_EQ(http_exchange(address_, "POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_NE(http_exchange(address_, "nonsense\r\n\r\n").status, 200);
  EXPECT_EQ(get("/metrics?name=x").status, 200);
}

TEST_P(WorkerMetricsProcess, ServesTwoScrapersAtOnce) {
  start();
  std::atomic<int> served{0};
  std::vector<std::thread> scrapers;
  scrapers.reserve(2);
  for (int i = 0; i < 2; ++i) {
    scrapers.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        served += scrape().contains("stint_worker_run_seconds_sum") ? 1 : 0;
      }
    });
  }
  for (int i = 0; i < 20; ++i) enqueue({"t.double", "a=1"});
  for (std::thread& scraper : scrapers) scraper.join();
  EXPECT_EQ(served, 100);
  EXPECT_TRUE(eventually([&] { return has_ended("done", 20); }));
}

TEST(WorkerHttpAddress, IsRefusedByName) {
  Program program{"test_tasks"};
  for (const std::string wrong : {"9464", "127.0.0.1:99999", "192.0.2.1:9464", ":80"}) {
    const ProcessResult result = program.run({"worker", "run", "--http", wrong});
    EXPECT_EQ(result.exit_code, 78) << wrong << result.err;
    EXPECT_THAT(result.err, HasSubstr("\"" + wrong + "\""));
  }
  program.set("STINT_WORKER_HTTP", "127.0.0.1:x");
  EXPECT_EQ(program.run({"worker", "run", "--drain"}).exit_code, 78);
  program.set("STINT_WORKER_HTTP", "127.0.0.1:0");
  const ProcessResult served = program.run({"worker", "run", "--drain"});
  EXPECT_EQ(served.exit_code, 0) << served.err;
  EXPECT_THAT(served.err, ContainsRegex("serving http://127.0.0.1:[1-9][0-9]*/metrics"));
}

}  // namespace
}  // namespace stint::test
