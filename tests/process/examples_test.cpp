// The example programs do what their first lines say.
#include <csignal>
#include <fstream>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/effect_table.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

std::string source(const std::string& path) {
  std::ifstream file{std::string{STINT_SOURCE_DIR} + "/" + path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Hello, RunsOnceWithItsSettingsFile) {
  const Program hello{"hello"};
  hello.write_file("stint.toml", source("examples/hello/stint.toml"));
  EXPECT_EQ(hello.output({"run", "hello.world", "--run-once"}), "Hello World!");
  EXPECT_EQ(hello.output({"run", "hello.world", "--name", "Moon", "--run-once"}), "Hello Moon!");
  EXPECT_THAT(hello.run({"run", "hello.world", "--run-once"}).err, HasSubstr("greeting World"));
}

TEST(Hello, RunsThroughTheQueue) {
  const Program hello{"hello"};
  hello.write_file("stint.toml", source("examples/hello/stint.toml"));
  Process worker{hello.options({"worker", "run"})};
  EXPECT_EQ(hello.output({"enqueue", "hello.world", "name=Moon", "--wait"}), "");
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST(FirstTask, EnqueuesTwoJobsAndWaits) {
  const Program first_task{"first_task"};
  first_task.output({"db", "init"});
  Process worker{first_task.options({"worker", "run"})};
  EXPECT_EQ(first_task.output({"demo"}), "\"hellohello\" 200");
  const std::string log = first_task.output({"job", "logs", "1"});
  EXPECT_THAT(log, HasSubstr("stdout  I am running\n"));
  EXPECT_THAT(log, HasSubstr("stdout  I am done"));
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST(Images, ShowsItsTaskAndFailsTheFirstAttempt) {
  const Program images{"images"};
  const std::string shown = images.output({"task", "show", "images.resize"});
  for (const char* part : {"in pixels", "one of 100, 400, 800", "800"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
  EXPECT_EQ(images.run({"enqueue", "images.resize", "path=a.png", "width=401"}).exit_code, 2);
  images.output({"enqueue", "images.resize", "path=a.png", "width=400"});
  images.output({"enqueue", "images.resize"});
  images.output({"worker", "run", "--drain"});
  const json first = json::parse(images.output({"job", "show", "1", "--json"}));
  EXPECT_EQ(first["state"], "scheduled");  // RetryIn: again in five minutes
  EXPECT_EQ(first["attempt"], 1);
  const json second = json::parse(images.output({"job", "show", "2", "--json"}));
  EXPECT_EQ(second["state"], "failed");
  EXPECT_EQ(second["cause"], "rejected");
}

TEST(Bank, MovesMoneyOnce) {
  std::string missing;
  const auto place = make_store_place("postgres", missing);
  if (!place) {
    ASSERT_FALSE(is_required("postgres")) << missing;
    GTEST_SKIP() << missing;
  }
  Program bank{"bank"};
  bank.set("STINT_STORE", place->url());
  bank.output({"db", "init"});
  const EffectTable table{*place};
  const std::string schema = table.name().substr(0, table.name().find('.'));
  bank.set("PGOPTIONS", "-c search_path=" + schema);  // the tables are the test's own
  bank.set("DATABASE_URL", place->url().substr(0, place->url().find('?')));
  table.run("set search_path = " + schema);
  table.run(
      "create table account (name text primary key, cents bigint not null check (cents >= 0))");
  table.run("create table booking (job bigint, source text, target text, cents bigint)");
  table.run("insert into account values ('ada', 1000)");
  const std::vector<std::string> order{"order", "--from", "ada", "--to", "bob", "--cents", "300"};
  bank.output(order);
  std::vector<std::string> cancelled = order;
  cancelled.back() = "500";
  cancelled.emplace_back("--cancel");
  bank.output(cancelled);
  bank.output({"worker", "run", "--drain", "--isolation", "process"});
  EXPECT_EQ(table.run("select cents from account order by name"),
            (std::vector<std::string>{"700", "300"}));
  EXPECT_EQ(table.run("select cents from booking"), (std::vector<std::string>{"300"}));
  EXPECT_EQ(lines_of(bank.output({"job", "list", "--json"})).size(), 1U);
  table.run("drop table account, booking");
}

TEST(Noop, SleepsAndDoesNothing) {
  const Program noop{"noop"};
  noop.output({"enqueue", "noop.run"});
  noop.output({"enqueue", "noop.sleep", "ms=1"});
  noop.output({"worker", "run", "--drain"});
  EXPECT_EQ(lines_of(noop.output({"job", "list", "--state", "done", "--json"})).size(), 2U);
}

}  // namespace
}  // namespace stint::test
