// A worker that pushes its numbers, and servers of metrics that are away.
#include <csignal>
#include <map>
#include <set>
#include <string>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/datagram_receiver.hpp"
#include "support/http_double.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MetricsPush : public ::testing::Test {
 protected:
  void configure(const std::string& metrics) {
    program.set("STINT_SETTINGS", program.write_file("stint.toml",
                                                     "node = \"north\"\n[worker]\n"
                                                     "heartbeat = \"0.1s\"\n" +
                                                         metrics));
  }

  Program program{"test_tasks"};
};

TEST_F(MetricsPush, SendsWhatAWorkerDidToStatsd) {
  const DatagramReceiver server;
  configure(
      fmt::format("[metrics]\nbackend = \"statsd\"\n[metrics.statsd]\nport = {}\n"
                  "tags = \"dogstatsd\"\n",
                  server.port()));
  for (int i = 0; i < 3; ++i) program.output({"enqueue", "t.double", "a=1"});
  Process worker{program.options({"worker", "run"})};
  // Differences, so that their sum is what was done, in however many packets it comes.
  std::map<std::string, double> sums;
  std::set<std::string> seen;
  while (sums["stint_worker_ended_total"] < 3 || !seen.contains("stint_store_jobs")) {
    const auto packet = server.receive();
    ASSERT_TRUE(packet) << worker.err();
    for (const std::string& line : lines_of(*packet)) {
      const std::size_t colon = line.find(':');
      const std::string name = line.substr(0, colon);
      seen.insert(name);
      if (line.find("|c") != std::string::npos) sums[name] += std::stod(line.substr(colon + 1));
      if (name == "stint_worker_claimed_total") {
        EXPECT_THAT(line, HasSubstr("|#node:north,worker:"));
      }
    }
  }
  EXPECT_EQ(sums["stint_worker_ended_total"], 3);
  EXPECT_EQ(sums["stint_worker_claimed_total"], 3);
  EXPECT_TRUE(seen.contains("stint_worker_slots"));
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(MetricsPush, SendsTheLastNumbersAtTheEnd) {
  const HttpDouble server{[](const DoubleRequest&) { return DoubleReply{.status = 204}; }};
  configure(
      fmt::format("lease = \"1h\"\n[metrics]\nbackend = \"influxdb\"\n[metrics.influxdb]\n"
                  "port = {}\norg = \"o\"\nbucket = \"b\"\ntoken = \"t0ken\"\n",
                  server.port()));
  program.set("STINT_WORKER_HEARTBEAT", "10m");
  program.output({"enqueue", "t.double", "a=1"});
  program.output({"worker", "run", "--drain"});
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].target, "/api/v2/write?org=o&bucket=b&precision=ns");
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Token t0ken");
}

TEST_F(MetricsPush, NeverHoldsAWorkerUpThatCannotSend) {
  const HttpDouble server{
      [](const DoubleRequest&) { return DoubleReply{.way = DoubleReply::Way::kHang}; }};
  configure(
      fmt::format("[metrics]\nbackend = \"influxdb\"\nflush_timeout = \"0.2s\"\n"
                  "[metrics.influxdb]\nport = {}\ndatabase = \"d\"\npassword = \"s3cret\"\n"
                  "username = \"u\"\ntimeout = \"0.3s\"\n",
                  server.port()));
  program.output({"enqueue", "t.double", "a=1"});
  const ProcessResult result = program.run({"worker", "run", "--drain"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_FALSE(result.timed_out);
  EXPECT_THAT(program.output({"job", "list"}), HasSubstr("done"));
  EXPECT_THAT(result.err, Not(HasSubstr("s3cret")));
}

TEST_F(MetricsPush, RefusesToStartWithSettingsThatCannotBeMeant) {
  configure("[metrics]\nbackend = \"influxdb\"\n");
  const ProcessResult result = program.run({"worker", "run", "--drain"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, HasSubstr("[metrics.influxdb] says not where to"));
  configure("[metrics]\nbackend = \"influx\"\n");
  EXPECT_THAT(program.run({"worker", "run", "--drain"}).err,
              HasSubstr("did you mean \"influxdb\""));
}

}  // namespace
}  // namespace stint::test
