// Stores that cannot be used: each a clear message and exit code, nothing half done.
#include <arpa/inet.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What a later version of Stint would leave behind.
constexpr const char* kMakeNewer =
    "insert into migration (version, name, applied_at) values (999, '999_later', 0)";

std::string contents(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class BadStore : public ::testing::Test {
 protected:
  /// Enqueue into the store and expect to be refused; return the message.
  std::string refusal(const std::string& url, int exit_code) const {
    const ProcessResult result = program.run({"enqueue", "t.mail", "--store", url});
    EXPECT_EQ(result.exit_code, exit_code) << url << ": " << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.find("test_tasks: error: "), 0U) << result.err;
    return result.err;
  }
  Program program{"test_tasks"};
};

TEST_F(BadStore, IsNoDatabase) {
  const std::string text(5000, 'x');
  const std::string path = program.write_file("text.db", text);
  EXPECT_THAT(refusal("sqlite:" + path, 78), HasSubstr("text.db"));
  EXPECT_EQ(contents(path), text);
}

TEST_F(BadStore, HoldsSomebodyElsesTables) {
  const std::string path = program.folder() + "/other.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "create table job (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  EXPECT_THAT(refusal("sqlite:" + path, 78), HasSubstr("other.db"));
}

TEST_F(BadStore, HasANewerSchema) {
  const std::string url = "sqlite:" + program.folder() + "/newer.db";
  program.output({"db", "init", "--store", url});
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((program.folder() + "/newer.db").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, kMakeNewer, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  EXPECT_THAT(refusal(url, 78), HasSubstr("newer"));
}

TEST_F(BadStore, IsBelowAFileThatIsNoFolder) {
  const std::string path = program.write_file("file", "text") + "/a.db";
  EXPECT_THAT(refusal("sqlite:" + path, 69), HasSubstr(path));
}

// Most likely a slip of the pen, or a disk that is not mounted.
TEST_F(BadStore, IsInAFolderThatIsMissing) {
  const std::string folder = program.folder() + "/no such/deep";
  const std::string message = refusal("sqlite:" + folder + "/a.db", 78);
  EXPECT_THAT(message, HasSubstr("there is no folder " + folder + "; make it with `mkdir -p '" +
                                 folder + "'`"));
  EXPECT_THAT(refusal("sqlite:nope/a.db", 78),
              HasSubstr("mkdir -p " + program.folder() + "/nope`"));
  EXPECT_FALSE(std::filesystem::exists(program.folder() + "/no such"));
  EXPECT_FALSE(std::filesystem::exists(program.folder() + "/nope"));
  // Nor does a worker, a look, or a lock make it.
  for (const char* line : {"worker run --drain", "job list", "db init"}) {
    std::vector<std::string> words{"--store", "sqlite:nope/a.db"};
    std::istringstream stream{line};
    for (std::string word; stream >> word;) words.push_back(word);
    EXPECT_EQ(program.run(words).exit_code, 78) << line;
  }
  const ProcessResult status =
      program.run({"lock", "status", "a.b", "-s",
                   program.write_file("lock.toml",
                                      "[one_instance]\nbackend = \"sqlite\"\nsqlite.url = "
                                      "\"sqlite:nope/locks.db\"\n")});
  EXPECT_EQ(status.exit_code, 78) << status.err;
  EXPECT_FALSE(std::filesystem::exists(program.folder() + "/nope"));
  std::filesystem::create_directories(folder);
  program.output({"db", "init", "--store", "sqlite:" + folder + "/a.db"});
}

TEST_F(BadStore, IsNoneInTheUsersOwnFolderUntilItIsAskedFor) {
  ProcessOptions options = program.options({"db", "init"});
  options.environment.erase("XDG_STATE_HOME");
  options.environment["HOME"] = program.folder() + "/home";
  EXPECT_EQ(run_process(options).exit_code, 0);
  const std::string own = program.folder() + "/home/.local/state/stint";
  EXPECT_TRUE(std::filesystem::exists(own + "/jobs.db"));
  EXPECT_EQ(std::filesystem::status(own).permissions(), std::filesystem::perms::owner_all);
  options.arguments = {"db", "init", "--store", "sqlite:" + own + "/of team/b.db"};
  EXPECT_EQ(run_process(options).exit_code, 0);
  options.arguments = {"db", "init", "--store", "sqlite:" + own + "/../other/b.db"};
  EXPECT_EQ(run_process(options).exit_code, 78);
}

TEST_F(BadStore, IsReadOnly) {
  // A file system that is read-only for everybody, root included.
  EXPECT_THAT(refusal("sqlite:/proc/a.db", 69), HasSubstr("/proc/a.db"));
}

TEST_F(BadStore, IsAServerThatIsDown) {
  // A port that was free a moment ago: nobody answers.
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the sockets' way
  ASSERT_EQ(::bind(socket, raw, sizeof address), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(socket, raw, &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const std::string message = refusal("postgresql://ann:s3cret@127.0.0.1:" + port + "/app", 69);
  ::close(socket);
  EXPECT_THAT(message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(message, Not(HasSubstr("s3cret")));
}

TEST_F(BadStore, HasAUrlWithATypo) {
  EXPECT_THAT(refusal("postgrsql://localhost/app", 78), HasSubstr("postgresql"));
  EXPECT_THAT(refusal("sqlite:///tmp/x.db?synchronus=full", 78), HasSubstr("synchronus"));
  EXPECT_THAT(refusal("sqlit:a.db", 78), HasSubstr("did you mean \"sqlite\"?"));
  EXPECT_THAT(refusal("nosuchname", 78), HasSubstr("nosuchname"));
}

}  // namespace
}  // namespace stint::test
