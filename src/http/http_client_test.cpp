#include "http/http_client.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <future>
#include <thread>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/unique_fd.hpp"
#include "stint/error.hpp"
#include "support/eventually.hpp"
#include "support/http_double.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::DoubleReply;
using test::DoubleRequest;
using test::HttpDouble;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

DoubleReply echo(const DoubleRequest& request) { return {.body = request.body}; }

Error error_of(HttpClient& client, const HttpClient::Request& request) {
  try {
    client.request(request);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "an answer came";
  return Error{ErrorCode::kInternal, "none"};
}

// A port of 127.0.0.1 where nobody listens, and nobody else will.
class ClosedPort {
 public:
  ClosedPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* plain = reinterpret_cast<sockaddr*>(&address);  // NOLINT: how sockets are spoken to
    EXPECT_EQ(::bind(socket_.get(), plain, size), 0);
    ::getsockname(socket_.get(), plain, &size);
    port_ = ntohs(address.sin_port);
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }

 private:
  UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port_ = 0;
};

TEST(HttpClient, SendsWhatItWasGivenAndReturnsTheAnswer) {
  const HttpDouble server{[](const DoubleRequest&) {
    return DoubleReply{
        .status = 404, .body = std::string{"a\0b", 3}, .headers = {{"X-Consul-Index", " 42 "}}};
  }};
  HttpClient client{{.user = "me", .password = "s3:cret", .headers = {{"X-Token", "t0ken"}}}};
  const auto answer = client.request({.method = "PUT",
                                      .url = server.url("/v1/kv/a%20b?acquire=x"),
                                      .headers = {{"Content-Type", "text/plain"}, {"X-None", ""}},
                                      .body = std::string{"1\0\r\n2", 5}});
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, std::string("a\0b", 3));
  EXPECT_EQ(answer.headers.at("x-consul-index"), "42");
  const DoubleRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/v1/kv/a%20b?acquire=x");
  EXPECT_EQ(request.body, std::string("1\0\r\n2", 5));
  EXPECT_EQ(request.headers.at("x-token"), "t0ken");
  EXPECT_EQ(request.headers.at("content-type"), "text/plain");
  EXPECT_EQ(request.headers.at("x-none"), "");
  EXPECT_EQ(request.headers.at("authorization"), "Basic bWU6czM6Y3JldA==");
  EXPECT_FALSE(request.headers.contains("expect"));
}

TEST(HttpClient, SpeaksEveryMethodWithOrWithoutABody) {
  const HttpDouble server{echo};
  HttpClient client;
  for (const std::string method : {"POST", "PUT", "DELETE", "GET", "HEAD"}) {
    EXPECT_EQ(client.request({.method = method, .url = server.url()}).body, "");
    EXPECT_EQ(server.requests().back().method, method);
    EXPECT_FALSE(server.requests().back().headers.contains("content-type"));
  }
  const std::string large(300'000, 'x');
  EXPECT_EQ(client.request({.method = "POST", .url = server.url(), .body = large}).body, large);
}

TEST(HttpClient, KeepsItsConnection) {
  const HttpDouble server{echo};
  HttpClient client;
  for (int i = 0; i < 20; ++i) client.request({.method = "PUT", .url = server.url()});
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, OpensAnotherConnectionWhenTheServerClosedTheOld) {
  const HttpDouble server{[](const DoubleRequest& request) {
    return DoubleReply{.body = request.body, .way = DoubleReply::Way::kAnswerClose};
  }};
  HttpClient client;
  EXPECT_EQ(client.request({.url = server.url()}).status, 200);
  EXPECT_EQ(client.request({.url = server.url()}).status, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, FollowsNoRedirect) {
  const HttpDouble other{echo};
  const HttpDouble server{[&](const DoubleRequest&) {
    return DoubleReply{.status = 302, .headers = {{"Location", other.url("/stolen")}}};
  }};
  HttpClient client{{.headers = {{"X-Token", "t0ken"}}}};
  EXPECT_EQ(client.request({.url = server.url()}).status, 302);
  EXPECT_TRUE(other.requests().empty());
}

TEST(HttpClient, SaysThatNobodyListens) {
  const ClosedPort closed;
  HttpClient client;
  const Error error =
      error_of(client, {.method = "PUT", .url = closed.url() + "secret/path?token=x"});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_FALSE(error.outcome_unknown()) << "nothing was sent";
  EXPECT_EQ(std::string{error.what()}, closed.url().substr(0, closed.url().size() - 1) +
                                           " gave no answer: Connection refused");
}

TEST(HttpClient, SaysThatTheNameWasNotFound) {
  HttpClient client;
  const Error error = error_of(client, {.url = "http://nowhere.invalid:8500/", .timeout = 2000ms});
  EXPECT_THAT(error.what(), HasSubstr("http://nowhere.invalid:8500 gave no answer: "));
  EXPECT_FALSE(error.outcome_unknown());
}

TEST(HttpClient, DoesNotKnowWhatBecameOfARequestWithoutAnAnswer) {
  const HttpDouble server{
      [](const DoubleRequest&) { return DoubleReply{.way = DoubleReply::Way::kHang}; }};
  HttpClient client{{.headers = {{"X-Token", "t0ken"}}}};
  const Error error =
      error_of(client, {.method = "PUT", .url = server.url("/kv?token=t0ken"), .timeout = 100ms});
  EXPECT_THAT(error.what(), AllOf(HasSubstr("timed out"), Not(HasSubstr("t0ken"))));
  EXPECT_TRUE(error.outcome_unknown());
  EXPECT_TRUE(error.retryable());
}

// libcurl repeats what a kept connection lost. For a lock that would be two acquisitions, of which
// the second is told to be refused.
TEST(HttpClient, RepeatsNothingButLooks) {
  const HttpDouble server{[](const DoubleRequest& request) {
    const bool is_first_of_connection = request.target == "/first";
    return DoubleReply{.way = is_first_of_connection ? DoubleReply::Way::kAnswer
                                                     : DoubleReply::Way::kClose};
  }};
  HttpClient client;
  for (const std::string method : {"PUT", "POST", "DELETE"}) {
    client.request({.url = server.url("/first")});
    const std::size_t before = server.requests().size();
    const Error error = error_of(client, {.method = method, .url = server.url("/lost")});
    EXPECT_TRUE(error.outcome_unknown()) << method;
    EXPECT_THAT(error.what(), HasSubstr("the connection was closed before"));
    EXPECT_EQ(server.requests().size(), before + 1) << method << " was sent twice";
  }
  client.request({.url = server.url("/first")});
  const std::size_t before = server.requests().size();
  error_of(client, {.url = server.url("/lost")});
  EXPECT_EQ(server.requests().size(), before + 2) << "a look may be repeated";
}

TEST(HttpClient, TakesNoAnswerThatIsTooLarge) {
  const HttpDouble server{
      [](const DoubleRequest&) { return DoubleReply{.body = std::string(2000, 'x')}; }};
  HttpClient client{{.max_answer_bytes = 1999}};
  const Error error = error_of(client, {.url = server.url()});
  EXPECT_THAT(error.what(), HasSubstr("larger than 1999 bytes"));
  EXPECT_FALSE(error.retryable());
  HttpClient larger{{.max_answer_bytes = 2000}};
  EXPECT_EQ(larger.request({.url = server.url()}).body.size(), 2000U);
}

TEST(HttpClient, EndsALongPollAtOnce) {
  const HttpDouble server{
      [](const DoubleRequest&) { return DoubleReply{.way = DoubleReply::Way::kHang}; }};
  HttpClient client;
  std::stop_source stop;
  auto answer = std::async(std::launch::async, [&] {
    return client.request({.url = server.url(), .timeout = 10min}, stop.get_token());
  });
  ASSERT_TRUE(test::eventually([&] { return server.requests().size() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  stop.request_stop();
  EXPECT_FALSE(answer.get());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms) << "it waited for its next look";
  EXPECT_FALSE(client.request({.url = server.url()}, stop.get_token()));
  EXPECT_EQ(server.requests().size(), 1U) << "a request was sent after the stop";
}

TEST(HttpClient, GoesOnAfterAStop) {
  const HttpDouble server{[](const DoubleRequest& request) {
    return DoubleReply{.way = request.target == "/hang" ? DoubleReply::Way::kHang
                                                        : DoubleReply::Way::kAnswer};
  }};
  HttpClient client;
  std::stop_source stop;
  const std::jthread stopper{[&] {
    EXPECT_TRUE(test::eventually([&] { return server.requests().size() == 1; }));
    stop.request_stop();
  }};
  EXPECT_FALSE(client.request({.url = server.url("/hang"), .timeout = 10min}, stop.get_token()));
  EXPECT_EQ(client.request({.url = server.url("/next")}).status, 200);
}

TEST(HttpClient, RefusesWhatWouldBeTwoHeaders) {
  const auto message = [](const HttpHeader& header) -> std::string {
    try {
      const HttpClient client{{.headers = {header}}};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
      return error.what();
    }
    return "none";
  };
  EXPECT_THAT(message({"X-Token", "a\r\nX-Admin: 1"}),
              AllOf(HasSubstr("\"X-Token\""), Not(HasSubstr("Admin"))));
  EXPECT_THAT(message({"X Token", "a"}), HasSubstr("its name is none"));
}

TEST(HttpClient, RefusesUrlsThatAreNoneOrHoldAPassword) {
  HttpClient client;
  for (const std::string url : {"http://me:s3cret@127.0.0.1:1/", "ftp://127.0.0.1/", "", "http://",
                                "http://a b/", "file:///etc/passwd"}) {
    const Error error = error_of(client, {.url = url});
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration) << url;
    EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
  }
}

TEST(HttpClient, SaysWhichFileCannotBeRead) {
  try {
    const HttpClient client{{.ca_file = "/nowhere/ca.pem"}};
    FAIL() << "a file that is not there was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"/nowhere/ca.pem\" cannot be read: No such file"));
  }
}

TEST(EncodeUrlPart, LeavesOnlyWhatIsPlain) {
  EXPECT_EQ(encode_url_part("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(encode_url_part("a/b ?&=%+\xC3\xA4"), "a%2Fb%20%3F%26%3D%25%2B%C3%A4");
}

}  // namespace
}  // namespace stint
