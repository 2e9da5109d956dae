// `enqueue`: one job, many jobs, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

class Enqueue : public ::testing::Test {
 protected:
  json job(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}));
  }
  std::size_t job_count() const {
    return lines_of(program.output({"job", "list", "--json", "--limit", "10000"})).size();
  }
  void run_all() const { program.output({"worker", "run", "--drain", "--log-level", "error"}); }

  Program program{"test_tasks"};
};

TEST_F(Enqueue, PrintsTheNumberOfTheStoredJob) {
  EXPECT_EQ(program.output({"enqueue", "t.double", "a=21"}), "1");
  EXPECT_EQ(program.output({"enqueue", "t.double", "a=22", "--json"}),
            R"({"id":2,"inserted":true})");
  EXPECT_EQ(job("1")["args"], (json{{"a", 21}}));
  EXPECT_EQ(job("1")["state"], "queued");
}

TEST_F(Enqueue, ReadsTextJsonAndFiles) {
  program.write_file("data.bin", std::string{"a\0\xff", 3});
  const std::string id =
      program.output({"enqueue", "t.echo", "text=a=b", "sizes=1", "sizes:=2", "loud:=true"});
  EXPECT_EQ(job(id)["args"]["text"], "a=b");
  EXPECT_EQ(job(id)["args"]["sizes"], (json{1, 2}));
  EXPECT_EQ(job(id)["args"]["loud"], true);
  const std::string bytes = program.output({"enqueue", "t.bytes", "data=@data.bin"});
  run_all();
  EXPECT_EQ(job(bytes)["output"], "6100ff");
}

TEST_F(Enqueue, TakesEveryOption) {
  const std::string id = program.output({"enqueue",
                                         "t.double",
                                         "a=1",
                                         "--priority",
                                         "-5",
                                         "--at",
                                         "2100-01-01",
                                         "--domain",
                                         "mail",
                                         "--node",
                                         "north",
                                         "--metadata",
                                         R"({"user": "ann"})",
                                         "--tag",
                                         "x",
                                         "--tag",
                                         "y",
                                         "--max-attempts",
                                         "3",
                                         "--timeout",
                                         "30s",
                                         "--key",
                                         "k1"});
  const json shown = job(id);
  EXPECT_EQ(shown["priority"], -5);
  EXPECT_EQ(shown["run_at"], "2100-01-01T00:00:00.000Z");
  EXPECT_EQ(shown["state"], "scheduled");
  EXPECT_EQ(shown["domain"], "mail");
  EXPECT_EQ(shown["node"], "north");
  EXPECT_EQ(shown["metadata"], (json{{"user", "ann"}}));
  EXPECT_EQ(shown["tags"], (json{"x", "y"}));
  EXPECT_THAT(program.output({"job", "show", id}), HasSubstr("30s"));
  EXPECT_EQ(program.output({"enqueue", "t.double", "a=1", "--key", "k1", "--json"}),
            R"({"id":)" + id + R"(,"inserted":false})");
}

TEST_F(Enqueue, UsesTheTasksOwnOptions) {
  const json shown = job(program.output({"enqueue", "t.mail"}));
  EXPECT_EQ(shown["domain"], "mail");
  EXPECT_EQ(shown["priority"], 7);
}

TEST_F(Enqueue, WaitsForTheOutput) {
  Process worker{program.options({"worker", "run"})};
  EXPECT_EQ(program.output({"enqueue", "t.double", "a=21", "--wait"}), "42");
  const ProcessResult failed = program.run({"enqueue", "t.fail", "--wait"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, HasSubstr("failed: error: it failed: the inner cause"));
  const json object =
      json::parse(program.output({"enqueue", "t.double", "a=21", "--wait", "--json"}));
  EXPECT_EQ(object["state"], "done");
  EXPECT_EQ(object["output"], 42);
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(Enqueue, SaysThatNoWorkerRuns) {
  Process process{program.options({"enqueue", "t.double", "a=1", "--wait"})};
  EXPECT_TRUE(
      eventually([&] { return process.err().find("no worker runs") != std::string::npos; }));
}

TEST_F(Enqueue, TakesManyFromAFile) {
  std::string lines;
  for (int i = 0; i < 2500; ++i) lines += "{\"a\": " + std::to_string(i) + "}\n\n";
  program.write_file("jobs.jsonl", lines);
  const auto ids = lines_of(program.output({"enqueue", "t.double", "--from", "jobs.jsonl"}));
  EXPECT_EQ(ids.size(), 2500U);
  EXPECT_EQ(job_count(), 2500U);
  EXPECT_EQ(job(ids.back())["args"]["a"], 2499);
  EXPECT_EQ(lines_of(program.output({"enqueue", "t.double", "--from", "-"}, "{\"a\":1}\n{\"a\":2}"))
                .size(),
            2U);
}

TEST_F(Enqueue, TakesAFileTwiceWithAKey) {
  program.write_file("jobs.jsonl", "{\"a\":1}\n{\"a\":2}\n");
  const std::vector<std::string> words = {"enqueue",    "t.double", "--from",
                                          "jobs.jsonl", "--key",    "monday"};
  EXPECT_EQ(program.output(words), program.output(words));
  EXPECT_EQ(job_count(), 2U);
}

TEST_F(Enqueue, StoresNothingOfAFileWithAWrongLine) {
  std::string lines;
  for (int i = 0; i < 1500; ++i) lines += "{\"a\":1}\n";
  const std::pair<const char*, const char*> cases[] = {
      {"{\"a\":", "line 1501 of \"jobs.jsonl\": "},
      {"{\"a\":\"x\"}", "line 1501 of \"jobs.jsonl\": "},
      {"{\"b\":1}", "line 1501 of \"jobs.jsonl\": "},
      {"[1]", "line 1501 of \"jobs.jsonl\": "},
  };
  for (const auto& [line, message] : cases) {
    program.write_file("jobs.jsonl", lines + line);
    const ProcessResult result = program.run({"enqueue", "t.double", "--from", "jobs.jsonl"});
    EXPECT_EQ(result.exit_code, 2) << line;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(job_count(), 0U);
  }
}

TEST_F(Enqueue, KnowsTasksThatWorkersHaveRegistered) {
  run_all();  // registers
  Program stint{"stint"};
  const std::string store = "sqlite:" + program.folder() + "/state/stint/jobs.db";
  const std::string id = stint.output({"enqueue", "t.mail", "--store", store});
  EXPECT_EQ(job(id)["domain"], "mail");
  EXPECT_EQ(job(id)["priority"], 7);
  EXPECT_EQ(stint.run({"enqueue", "t.double", "--store", store}).exit_code, 2);
  EXPECT_EQ(stint.run({"enqueue", "t.double", "a=x", "--store", store}).exit_code, 2);
  EXPECT_EQ(stint.run({"enqueue", "t.echo", "level=middle", "--store", store}).exit_code, 2);
  const ProcessResult unknown = stint.run({"enqueue", "t.ecko", "--store", store});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"t.echo\"?"));
}

TEST_F(Enqueue, RefusesWhatCannotBeMeant) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"enqueue"}, "missing: TASK"},
      {{"enqueue", "t.double"}, "\"a\""},
      {{"enqueue", "t.double", "a"}, "key=value"},
      {{"enqueue", "t.double", "a=x"}, "\"a\""},
      {{"enqueue", "t.double", "a=1", "b=1"}, "\"b\""},
      {{"enqueue", "t.double", "a:=1x"}, "a"},
      {{"enqueue", "t.double", "a:={\"a\":1"}, "a"},
      {{"enqueue", "t.double", "a=1", "a=2"}, "given twice"},
      {{"enqueue", "t.echo", "level=middle"}, "low"},
      {{"enqueue", "t.echo", "text=\xff"}, "UTF-8"},
      {{"enqueue", "t.echo", R"(text:="\u0000")"}, "NUL"},
      {{"enqueue", "t.bytes", "data=@missing.bin"}, "missing.bin"},
      {{"enqueue", "t.mail", "--priority", "40000"}, "--priority"},
      {{"enqueue", "t.mail", "--at", "tomorrow-ish"}, "--at"},
      {{"enqueue", "t.mail", "--metadata", "[1]"}, "metadata"},
      {{"enqueue", "t.mail", "--metadata", "{"}, "metadata"},
      {{"enqueue", "t.mail", "--timeout", "-5"}, "--timeout"},
      {{"enqueue", "t.mail", "--max-attempts", "0"}, "--max-attempts"},
      {{"enqueue", "t.mail", "--domain", "no such domain!"}, "domain"},
      {{"enqueue", "t.mail", "--from", "missing.jsonl"}, "missing.jsonl"},
      {{"enqueue", "t.double", "a=1", "--from", "-"}, "--from"},
  };
  for (const auto& [words, message] : cases) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(job_count(), 0U);
}

}  // namespace
}  // namespace stint::test
