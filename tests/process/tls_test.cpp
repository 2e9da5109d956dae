// TLS by the URL's sslmode, with certificates of the test's own, and passwords that nobody may see.
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/postgres_server.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOpenssl = "/usr/bin/openssl";
// As it is, and as a URL carries it.
constexpr const char* kPassword = "c4nary:s3cret";
constexpr const char* kPasswordInUrl = "c4nary%3As3cret";

/// An authority and the certificates that it signs for a server.
class Certificates final {
 public:
  explicit Certificates(std::filesystem::path folder) : folder_(std::move(folder)) {
    make_authority("ca");
    make_authority("other");
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Make server.crt and server.key; `days` below 0: expired.
  void make(const std::string& host, int days, const std::string& authority) const {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=" + host, "-keyout", path("server.key"), "-out", path("server.csr")});
    std::ofstream{path("names")} << "subjectAltName=DNS:" << host << "\n";
    openssl({"x509", "-req", "-in", path("server.csr"), "-CA", path(authority + ".crt"), "-CAkey",
             path(authority + ".key"), "-CAcreateserial", "-days", std::to_string(days), "-extfile",
             path("names"), "-out", path("server.crt")});
    for (const char* name : {"server.key", "server.crt"})
      PostgresServer::give_to_server(path(name));
  }

 private:
  void make_authority(const std::string& name) const {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=" + name, "-keyout", path(name + ".key"), "-out",
             path(name + ".crt")});
  }
  static void openssl(const std::vector<std::string>& arguments) {
    const ProcessResult result = run_process({.program = kOpenssl, .arguments = arguments});
    if (result.exit_code != 0) throw std::runtime_error{result.err};
  }

  std::filesystem::path folder_;
};

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
    if (!std::filesystem::exists(kOpenssl)) {
      ASSERT_FALSE(is_required("openssl")) << "needs the program openssl";
      GTEST_SKIP() << "needs the program openssl";
    }
    server_.emplace(PostgresServer::Options{
        .access = {"host all ann 127.0.0.1/32 scram-sha-256", "hostssl all all ::1/128 trust"}});
    certificates_.emplace(server_->folder());
    server_->run(fmt::format("create role ann login superuser password '{}'", kPassword));
    program.output({"db", "init", "--store", server_->url()});
  }

  void present(const std::string& host, int days = 2, const std::string& authority = "ca") {
    certificates_->make(host, days, authority);
    server_->run("alter system set ssl = on");
    server_->run(
        fmt::format("alter system set ssl_cert_file = '{}'", certificates_->path("server.crt")));
    server_->run(
        fmt::format("alter system set ssl_key_file = '{}'", certificates_->path("server.key")));
    server_->stop(Shutdown::kFast);
    server_->start();
  }
  std::string url(const std::string& host, const std::string& mode = "verify-full") const {
    return fmt::format("postgresql://ann:{}@{}:{}/postgres?schema=stint&sslmode={}&sslrootcert={}",
                       kPasswordInUrl, host, server_->port(), mode, certificates_->path("ca.crt"));
  }
  /// Run a command and expect it to fail; return all that it wrote.
  std::string refusal(const std::vector<std::string>& words, int exit_code) const {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, exit_code)
        << ::testing::PrintToString(words) << result.out << result.err;
    expect_no_password(result.out + result.err);
    return result.out + result.err;
  }
  static void expect_no_password(const std::string& text) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr(kPassword)), Not(HasSubstr(kPasswordInUrl)),
                            Not(HasSubstr("s3cret"))));
  }

  Program program{"test_tasks"};
  std::optional<PostgresServer> server_;
  std::optional<Certificates> certificates_;
};

TEST_F(Tls, VerifiesTheServer) {
  present("localhost");
  EXPECT_EQ(program.output({"enqueue", "t.double", "a=1", "--store", url("localhost")}), "1");
  program.output({"worker", "run", "--drain", "--store", url("localhost")});
  EXPECT_THAT(program.output({"job", "show", "1", "--store", url("localhost")}), HasSubstr("done"));
  // The right server under another name.
  EXPECT_THAT(
      refusal({"enqueue", "t.mail", "--store", url("127.0.0.1")}, 69),
      AllOf(HasSubstr("certificate"), HasSubstr("is for another name"), HasSubstr("127.0.0.1")));
  // The one thing that is not checked by this mode is the name.
  EXPECT_EQ(
      program.output({"enqueue", "t.double", "a=1", "--store", url("127.0.0.1", "verify-ca")}),
      "2");

  present("localhost", -1);
  for (const char* command : {"enqueue", "job"}) {
    std::vector<std::string> words{command, "t.mail", "--store", url("localhost")};
    if (words[0] == "job") words[1] = "list";
    EXPECT_THAT(refusal(words, 69),
                AllOf(HasSubstr("certificate verify failed"), HasSubstr("has expired")));
  }

  present("localhost", 2, "other");
  EXPECT_THAT(refusal({"worker", "run", "--store", url("localhost")}, 69),
              AllOf(HasSubstr("certificate verify failed"), HasSubstr("sslrootcert")));

  server_->run("alter system set ssl = off");
  server_->stop(Shutdown::kFast);
  server_->start();
  for (const char* mode : {"verify-full", "require"}) {
    EXPECT_THAT(refusal({"enqueue", "t.mail", "--store", url("localhost", mode)}, 69),
                AllOf(HasSubstr("does not support SSL"), HasSubstr("plain text")));
  }
}

TEST_F(Tls, NobodySeesAPassword) {
  program.set("STINT_LOGGING_LEVEL", "debug");
  const std::string right = fmt::format("127.0.0.1:{}/postgres?schema=stint", server_->port());
  const auto with_password = [&](const std::string& rest, const std::string& user = "ann") {
    return fmt::format("postgresql://{}:{}@{}", user, kPasswordInUrl, rest);
  };
  const std::string passfile =
      program.write_file("pass", fmt::format("*:*:*:*:wrong-{}\n", kPassword));
  std::filesystem::permissions(passfile, std::filesystem::perms::owner_read);
  const std::vector<std::pair<std::string, int>> stores{
      {with_password(right, "nobody"), 78},                              // unknown user
      {with_password("127.0.0.1:1/postgres"), 69},                       // nobody listens
      {with_password("no.such.host.invalid/postgres"), 69},              //
      {with_password(right) + "&sslmode=require", 69},                   // the server has none
      {with_password(right) + "_other", 78},                             // no tables
      {with_password(right) + "&shcema=x", 78},                          // a typo
      {with_password(right) + "&password=" + kPasswordInUrl + "x", 78},  // a wrong one
      {"postgresql://ann@" + right + "&passfile=" + passfile, 78},       // a wrong one
      {with_password("127.0.0.1:x/postgres"), 78},                       // no port
  };
  for (const auto& [store, exit_code] : stores) {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"enqueue", "t.mail"},
                                                    {"job", "list"},
                                                    {"worker", "run"},
                                                    {"db", "status"}}) {
      std::vector<std::string> words = command;
      words.insert(words.end(), {"--store", store});
      SCOPED_TRACE(::testing::PrintToString(words));
      refusal(words, exit_code);
    }
  }
  program.set("PGPASSWORD", fmt::format("wrong-{}", kPassword));
  refusal({"enqueue", "t.mail", "--store", "postgresql://ann@" + right}, 78);
  // What works says nothing of it either.
  program.set("PGPASSWORD", kPassword);
  const ProcessResult shown = program.run({"settings", "show", "--store", with_password(right)});
  expect_no_password(shown.out + shown.err);
  const ProcessResult worked =
      program.run({"worker", "run", "--drain", "--store", "postgresql://ann@" + right});
  EXPECT_EQ(worked.exit_code, 0) << worked.err;
  expect_no_password(worked.out + worked.err);
}

}  // namespace
}  // namespace stint::test
