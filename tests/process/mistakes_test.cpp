// What is told to somebody who begins, where a line, a place or the surroundings are not right.
#include <fcntl.h>
#include <unistd.h>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/url.hpp"
#include "base/version.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What the program does with a standard output to which nothing can be written.
ProcessResult run_without_room(const Program& program, const std::vector<std::string>& words) {
  ProcessOptions options = program.options(words);
  options.output_descriptor = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ProcessResult result = run_process(options);
  ::close(options.output_descriptor);
  return result;
}

/// The URL of a store, to be shown whole.
std::string without_password(std::string url) {
  const std::size_t user = url.find("://") + 3;
  const std::size_t at = url.find('@', user);
  const std::size_t colon = url.find(':', user);
  if (at != std::string::npos && colon < at) url.erase(colon, at - colon);
  return url;
}

TEST(WaitingCommand, EndsAtTheFirstSignal) {
  const Program first{"first_task"};
  const Program second{"first_task"};
  Process terminated{first.options({"demo"})};
  Process interrupted{second.options({"demo"})};
  for (const auto& [demo, signal] : {std::pair{&terminated, SIGTERM}, {&interrupted, SIGINT}}) {
    ASSERT_TRUE(eventually([&] { return demo->err().find("waiting: ") != std::string::npos; }));
    EXPECT_THAT(demo->err(), AllOf(HasSubstr("no worker runs on sqlite:"),
                                   HasSubstr("start one: `first_task worker run`")));
    demo->send_signal(signal);
    const ProcessResult end = demo->wait();
    EXPECT_EQ(end.exit_code, 128 + signal);
    EXPECT_EQ(end.out, "");
    EXPECT_THAT(end.err, Not(HasSubstr("second signal")));
  }
}

TEST(Mistakes, AWorkersDomainMustHaveAName) {
  Program hello{"hello"};
  const ProcessResult line = hello.run({"worker", "run", "--drain", "--domain", "a b"});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_THAT(line.err, HasSubstr("\"a b\" is no domain for a worker: its name must be 1 to 63"));
  hello.write_file("stint.toml", "[worker]\ndomains = [\"a b\"]\n");
  EXPECT_EQ(hello.run({"worker", "run", "--drain"}).exit_code, 78);
}

TEST(Mistakes, AnEmptyKeyIsNone) {
  const Program hello{"hello"};
  const ProcessResult result = hello.run({"enqueue", "hello.world", "--key", ""});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--key: the key is empty"));
  EXPECT_EQ(hello.output({"job", "list", "--json"}), "");
}

TEST(Mistakes, AFolderIsNoStore) {
  const Program stint{"stint"};
  const std::string folder = stint.folder();
  const ProcessResult result = stint.run({"db", "init", "--store", "sqlite:" + folder});
  EXPECT_EQ(result.exit_code, 69);
  EXPECT_THAT(result.err, HasSubstr(folder + " is a folder, no SQLite store; name a file in it, " +
                                    "as in sqlite:" + folder + "/jobs.db"));
}

TEST(Mistakes, WhereThereAreNoTablesNoneAreDropped) {
  const Program stint{"stint"};
  EXPECT_THAT(stint.output({"db", "reset", "--yes"}), HasSubstr("has no tables to drop"));
  EXPECT_EQ(json::parse(stint.output({"db", "reset", "--yes", "--json"}))["dropped"], false);
  stint.output({"db", "init"});
  EXPECT_EQ(json::parse(stint.output({"db", "reset", "--yes", "--json"}))["dropped"], true);
}

TEST(Mistakes, HelpTakesNoMoreWordsThanTheCommand) {
  const Program stint{"stint"};
  const ProcessResult result = stint.run({"help", "job", "list", "extra"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("\"extra\" is one value too many"));
  EXPECT_EQ(stint.run({"help", "job", "list"}).exit_code, 0);
}

TEST(Version, StandsBesideOtherOptions) {
  const Program stint{"stint"};
  const std::string text = "stint " + std::string{version()};
  EXPECT_EQ(stint.output({"--version"}), text);
  EXPECT_EQ(stint.output({"--no-color", "--version"}), text);
  const json as_json = json::parse(stint.output({"--version", "--json"}));
  EXPECT_EQ(as_json, (json{{"program", "stint"}, {"version", version()}}));
  EXPECT_EQ(json::parse(stint.output({"--json", "--version"})), as_json);
  EXPECT_EQ(stint.run({"--version", "--jsno"}).exit_code, 2);
  EXPECT_EQ(stint.run({"job", "list", "--version"}).exit_code, 2);
}

TEST(SettingsCheck, TellsItsProblemsAsJson) {
  const Program stint{"stint"};
  const std::string file = stint.write_file("bad.toml", "[worker]\nslots = 0\nsluts = 1\n");
  const ProcessResult result = stint.run({"settings", "check", "-s", file, "--json"});
  EXPECT_EQ(result.exit_code, 78);
  const json found = json::parse(result.out);
  EXPECT_EQ(found["ok"], false);
  EXPECT_EQ(found["problems"].size(), 2U);
}

TEST(FullOutput, IsNoDefect) {
  const Program hello{"hello"};
  const ProcessResult list = run_without_room(hello, {"help"});
  EXPECT_EQ(list.exit_code, 1);
  EXPECT_THAT(list.err, HasSubstr("cannot write to standard output: No space left on device"));
  const ProcessResult enqueued = run_without_room(hello, {"enqueue", "hello.world"});
  EXPECT_EQ(enqueued.exit_code, 1);
  EXPECT_THAT(enqueued.err, HasSubstr("the job is stored, its number is 1"));
  EXPECT_EQ(lines_of(hello.output({"job", "list", "--json"})).size(), 1U);
}

TEST(PostgresMistakes, AreTold) {
  std::string missing;
  const std::unique_ptr<StorePlace> place = make_store_place("postgres", missing);
  if (!place) {
    if (is_required("postgres")) FAIL() << missing;
    GTEST_SKIP() << missing;
  }
  Program hello{"hello"};
  hello.set("PGPASSWORD", parse_url(place->url()).password);
  const std::string store = without_password(place->url());
  const ProcessResult empty = hello.run({"job", "list", "--store", store});
  EXPECT_EQ(empty.exit_code, 78);
  EXPECT_THAT(empty.err, AllOf(HasSubstr(": there are no tables in the schema \""),
                               HasSubstr("make them with `hello db init --store '" + store + "'`"),
                               Not(HasSubstr("the URL"))));
  hello.output({"db", "init", "--store", store});
  const ProcessResult nobody =
      hello.run({"db", "grant", "enqueue", "stint_no_such_role", "--store", store});
  EXPECT_EQ(nobody.exit_code, 3);
  EXPECT_THAT(nobody.err,
              AllOf(HasSubstr("the role \"stint_no_such_role\" does not exist on the server of"),
                    HasSubstr("`CREATE ROLE \"stint_no_such_role\" LOGIN`")));
}

}  // namespace
}  // namespace stint::test
