#include "consul_test_base.hpp"
#include <utility>
#include <fmt/format.h>
#include "base/uuid.hpp"
#include "stint/settings.hpp"
#include "support/server_process.hpp"

namespace stint::test {
namespace {

BackendOptions options_in(const std::string& table, const std::string& address,
                          const std::string& key, const std::string& more) {
  const std::string port = address.substr(address.find(':') + 1);
  BackendOptions options{.settings = load_settings(LoadOptions{
                             .toml = fmt::format("[{}]\nport = {}\n{}\n", table, port, more),
                             .use_environment = false}),
                         .table = table,
                         .task = "example.oneinstance",
                         .key = key};
  return options;
}

std::string header_of(const HttpAnswer& answer, std::string_view name) {
  const std::size_t at = answer.head.find(fmt::format("\r\n{}: ", name));
  if (at == std::string::npos) return {};
  const std::size_t start = at + name.size() + 4;
  return answer.head.substr(start, answer.head.find("\r\n", start) - start);
}

}  // namespace

BackendOptions consul_options(const std::string& address, const std::string& key,
                              const std::string& more) {
  return options_in("one_instance.consul", address, key, more);
}

BackendOptions consul_liveness_options(const std::string& address, const std::string& key,
                                       const std::string& more) {
  return options_in("liveness.consul", address, key, more);
}

HttpAnswer ask_consul(const std::string& address, const std::string& method,
                      const std::string& path, const std::string& body) {
  return http_exchange(address, fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n"
                                            "Connection: close\r\n\r\n{}",
                                            method, path, address, body.size(), body));
}

std::size_t sessions_of(const std::string& address, const std::string& key) {
  const json sessions = json::parse(ask_consul(address, "GET", "/v1/session/list?consistent").body);
  std::size_t count = 0;
  for (const json& session : sessions) {
    if (session["Name"].get<std::string>().starts_with("stint " + key + " ")) ++count;
  }
  return count;
}

LockRequest lock_request(std::chrono::milliseconds ttl, std::chrono::milliseconds lock_delay) {
  return {
      .owner = this_process_as_owner("example.oneinstance"), .ttl = ttl, .lock_delay = lock_delay};
}

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error{ErrorCode::kInternal, ""};
}

std::unique_ptr<HttpDouble> spoiled_consul(
    const std::string& address, std::function<void(const DoubleRequest&, DoubleReply&)> spoil) {
  return std::make_unique<HttpDouble>(
      [address, spoil = std::move(spoil)](const DoubleRequest& request) {
        const HttpAnswer answer = ask_consul(address, request.method, request.target, request.body);
        DoubleReply reply{.status = answer.status, .body = answer.body};
        const std::string index = header_of(answer, "X-Consul-Index");
        if (!index.empty()) reply.headers["X-Consul-Index"] = index;
        spoil(request, reply);
        return reply;
      });
}

void ConsulTest::SetUp() {
  std::string missing;
  const auto url = server_address("consul", missing);
  if (!url) GTEST_SKIP() << missing;
  address = url->substr(url->rfind('/') + 1);
  key = "stint-test/" + random_uuid() + "/lock";
}

json ConsulTest::entry() const {
  const HttpAnswer answer = ask("GET", "/v1/kv/" + key + "?consistent");
  return answer.status == 200 ? json::parse(answer.body).at(0) : json{};
}

std::string ConsulTest::make_session(const std::string& lock_delay) const {
  const std::string body =
      json{{"TTL", "60s"}, {"LockDelay", lock_delay}, {"Checks", json::array()}}.dump();
  return json::parse(ask("PUT", "/v1/session/create", body).body).at("ID").get<std::string>();
}

}  // namespace stint::test
