// HTTPS against a server of OpenSSL's, with certificates of the test's own.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "http/http_client.hpp"
#include "stint/error.hpp"
#include "support/child.hpp"
#include "support/process.hpp"
#include "support/store_place.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kOpenssl = "/usr/bin/openssl";

class Https : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kOpenssl)) {
      ASSERT_FALSE(is_required("openssl")) << "needs the program openssl";
      GTEST_SKIP() << "needs the program openssl";
    }
    make("server", "IP:127.0.0.1");
    make("other", "DNS:other.example");
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  // A certificate that is its own authority.
  void make(const std::string& name, const std::string& names) const {
    const ProcessResult result =
        run_process({.program = kOpenssl,
                     .arguments = {"req", "-x509", "-newkey", "ec", "-pkeyopt",
                                   "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                                   "/CN=" + name, "-addext", "subjectAltName=" + names, "-keyout",
                                   path(name + ".key"), "-out", path(name + ".crt")}});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  // Serve pages that tell of the connection; return where.
  std::string serve(const std::string& name, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {
        kOpenssl, "s_server",          "-accept", "127.0.0.1:0",      "-www",
        "-cert",  path(name + ".crt"), "-key",    path(name + ".key")};
    command.insert(command.end(), more.begin(), more.end());
    Child& child = servers_.emplace_back(command);
    constexpr std::string_view kAccept = "ACCEPT ";
    for (;;) {
      const std::string line = child.read_line();
      if (line.starts_with(kAccept)) return "https://" + line.substr(kAccept.size()) + "/";
    }
  }

  static std::string failure(const std::string& url, const HttpClientOptions& options) {
    HttpClient client{options};
    try {
      return "status " + std::to_string(client.request({.url = url}).status);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      EXPECT_FALSE(error.retryable()) << "a certificate does not get better by itself";
      EXPECT_FALSE(error.outcome_unknown());
      return error.what();
    }
  }

  TemporaryFolder folder_;
  std::vector<Child> servers_;
};

TEST_F(Https, TrustsTheAuthorityThatItIsGiven) {
  HttpClient client{{.ca_file = path("server.crt")}};
  const auto answer = client.request({.url = serve("server")});
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("TLSv1.3"));
}

TEST_F(Https, RefusesAServerThatItCannotKnow) {
  const std::string url = serve("server");
  EXPECT_THAT(failure(url, {}), HasSubstr("TLS: SSL certificate problem: self"));
  EXPECT_THAT(failure(url, {.ca_file = path("other.crt")}), HasSubstr("TLS: "));
  EXPECT_EQ(failure(url, {.verify = false}), "status 200");
}

TEST_F(Https, RefusesACertificateOfAnotherName) {
  EXPECT_THAT(failure(serve("other"), {.ca_file = path("other.crt")}),
              HasSubstr("TLS: no alternative certificate subject name matches target host name"));
}

TEST_F(Https, ShowsACertificateOfItsOwn) {
  const std::string url =
      serve("server", {"-Verify", "1", "-CAfile", path("other.crt"), "-verify_return_error"});
  HttpClient client{{.ca_file = path("server.crt"),
                     .certificate_file = path("other.crt"),
                     .key_file = path("other.key")}};
  EXPECT_EQ(client.request({.url = url}).status, 200);
  HttpClient nameless{{.ca_file = path("server.crt")}};
  EXPECT_THROW(nameless.request({.url = url}), Error);
}

}  // namespace
}  // namespace stint::test
