#include "http/http_server.hpp"
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <gtest/gtest.h>
#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::http_exchange;
using test::http_get;
using test::HttpConnection;

class HttpServerTest : public ::testing::Test {
 protected:
  std::optional<HttpResponse> answer(const HttpRequest& request) {
    ++asked_;
    if (request.path == "/fails") throw std::runtime_error{"broken"};
    if (request.path == "/fails-oddly") throw 7;
    if (request.path == "/never") return std::nullopt;
    if (request.path == "/late") {
      if (request.waited < 30ms) return std::nullopt;
      return HttpResponse{.body = "at last"};
    }
    if (request.path == "/large") return HttpResponse{.body = std::string(4 << 20, 'x')};
    return HttpResponse{.body = "at " + std::string{request.path}};
  }

  void restart(HttpLimits limits) {
    server_.emplace(
        "127.0.0.1:0", [this](const HttpRequest& request) { return answer(request); }, limits);
  }
  const std::string& address() const { return server_->address(); }

  std::atomic<int> asked_{0};
  std::optional<HttpServer> server_{std::in_place, "127.0.0.1:0",
                                    [this](const HttpRequest& request) { return answer(request); }};
};

TEST_F(HttpServerTest, AnswersAndCloses) {
  const test::HttpAnswer answer = http_get(address(), "/here?and=more");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "at /here");
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos) << answer.head;
  EXPECT_NE(answer.head.find("Content-Type: text/plain"), std::string::npos) << answer.head;
  EXPECT_EQ(http_exchange(address(), "GET /old HTTP/1.0\r\n\r\n").body, "at /old");
  EXPECT_EQ(http_get(address(), "/large").body.size(), 4U << 20);
}

TEST_F(HttpServerTest, RefusesOtherMethods) {
  for (const std::string method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "NONSENSE"}) {
    const test::HttpAnswer answer =
        http_exchange(address(), method + " / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_NE(answer.head.find("Allow: GET"), std::string::npos) << answer.head;
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  restart({.idle = 1s});
  for (const std::string nonsense :
       {"\r\n\r\n", "hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n"}) {
    const HttpConnection connection{address()};
    connection.send(nonsense);
    // An empty line may stand before a request: the library waits for more of such.
    if (nonsense == "\r\n\r\n") connection.send("GET\r\n\r\n");
    const int status = connection.receive().status;
    EXPECT_TRUE(status == 0 || (status >= 400 && status < 500)) << nonsense << status;
  }
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(http_get(address(), "/still").status, 200);
}

TEST_F(HttpServerTest, RefusesWhatIsTooLarge) {
  const std::string large(64 << 10, 'x');
  const int long_path = http_get(address(), "/" + large).status;
  EXPECT_TRUE(long_path == 0 || long_path == 414 || long_path == 431) << long_path;
  const int long_header =
      http_exchange(address(), "GET / HTTP/1.1\r\nHost: x\r\nA: " + large + "\r\n\r\n").status;
  EXPECT_TRUE(long_header == 0 || long_header == 431) << long_header;
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 4000; ++i) many += "A: b\r\n";
  const int many_headers = http_exchange(address(), many + "\r\n").status;
  EXPECT_TRUE(many_headers == 0 || many_headers == 431) << many_headers;
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(http_get(address(), "/still").status, 200);
}

TEST_F(HttpServerTest, SurvivesAHandlerThatThrows) {
  EXPECT_EQ(http_get(address(), "/fails").status, 500);
  EXPECT_EQ(http_get(address(), "/fails-oddly").status, 500);
  EXPECT_EQ(http_get(address(), "/still").status, 200);
}

TEST_F(HttpServerTest, AsksAgainForWhatIsNotThereYet) {
  std::vector<std::thread> clients;
  clients.reserve(4);
  std::atomic<int> served{0};
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] { served += http_get(address(), "/late").body == "at last" ? 1 : 0; });
  }
  EXPECT_EQ(http_get(address(), "/meanwhile").status, 200);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(served, 4);
  EXPECT_GT(asked_, 5);
}

TEST_F(HttpServerTest, ClosesASilentClient) {
  restart({.idle = 1s});
  const HttpConnection silent{address()};
  silent.send("GET / HT");
  EXPECT_NE(silent.receive().status, 200);
}

TEST_F(HttpServerTest, ClosesAClientThatTakesTooLong) {
  restart({.connection = 300ms});
  const HttpConnection slow{address()};
  const auto began = std::chrono::steady_clock::now();
  std::string_view request = "GET / HTTP/1.1\r\nHost: a-name-that-is-sent-byte-by-byte";
  bool is_open = true;
  // It never stops sending: only the limit of the whole connection can end it.
  while (is_open && std::chrono::steady_clock::now() - began < 10s) {
    is_open = slow.send(request.substr(0, 1));
    if (request.size() > 1) request.remove_prefix(1);
    const test::HttpAnswer other = http_get(address(), "/other");
    EXPECT_EQ(other.status, 200) << "others are served meanwhile";
  }
  EXPECT_FALSE(is_open);
}

TEST_F(HttpServerTest, ServesThoseWhoWaitForAConnection) {
  restart({.connections = 2, .connection = 500ms});
  std::vector<std::unique_ptr<HttpConnection>> hogs;
  for (int i = 0; i < 6; ++i) {
    hogs.push_back(std::make_unique<HttpConnection>(address()));
    hogs.back()->send("GET / HT");
  }
  EXPECT_EQ(http_get(address(), "/patient").status, 200);
}

TEST_F(HttpServerTest, EndsWhileClientsWait) {
  const HttpConnection waiting{address()};
  waiting.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpConnection half{address()};
  half.send("GET");
  ASSERT_TRUE(test::eventually([&] { return asked_ > 0; }));
  server_.reset();
  EXPECT_EQ(waiting.receive().status, 0);
  EXPECT_EQ(half.receive().status, 0);
}

TEST_F(HttpServerTest, LeavesSignalsAlone) {
  struct sigaction action{};
  ASSERT_EQ(::sigaction(SIGPIPE, nullptr, &action), 0);
  EXPECT_EQ(action.sa_handler, SIG_DFL) << "tasks and their programs inherit what this sets";
  // A client that goes away before it has read must not end the program.
  for (int i = 0; i < 20; ++i) {
    const HttpConnection gone{address()};
    gone.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_EQ(http_get(address(), "/still").status, 200);
}

}  // namespace
}  // namespace stint
