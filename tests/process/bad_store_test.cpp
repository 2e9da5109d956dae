// Stores that cannot be used: each a clear message and exit code, nothing half done.
#include <arpa/inet.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>
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
