#include "support/consul_server.hpp"
#include <stdexcept>
#include <fmt/format.h>
#include "support/postgres_server.hpp"

namespace stint::test {

bool ConsulServer::is_installed(std::string& missing) {
  return server_program("consul", "consul", missing).has_value();
}

ConsulServer::ConsulServer(const Options& options)
    : root_token_(options.root_token),
      ports_{.http = PostgresServer::free_port(),
             .server = PostgresServer::free_port(),
             .lan = PostgresServer::free_port(),
             .wan = PostgresServer::free_port()},
      process_(process_options(options)) {
  process_.start();
}

ServerProcess::Options ConsulServer::process_options(const Options& options) const {
  std::string missing;
  const auto program = server_program("consul", "consul", missing);
  if (!program) throw std::runtime_error{missing};
  ServerProcess::Options result{.program = *program, .folder = folder_.path()};
  std::vector<std::string>& words = result.arguments;
  words = {"agent",
           "-bind=127.0.0.1",
           "-client=127.0.0.1",
           "-dns-port=-1",
           "-grpc-port=-1",
           "-log-level=warn",
           fmt::format("-http-port={}", ports_.http),
           fmt::format("-server-port={}", ports_.server),
           fmt::format("-serf-lan-port={}", ports_.lan),
           fmt::format("-serf-wan-port={}", ports_.wan),
           fmt::format("-datacenter={}", options.datacenter),
           "-hcl=session_ttl_min = \"1s\""};
  if (options.is_lasting) {
    words.insert(words.end(), {"-server", "-bootstrap-expect=1",
                               fmt::format("-data-dir={}", (folder_.path() / "data").string()),
                               "-hcl=performance { raft_multiplier = 1 }"});
  } else {
    words.emplace_back("-dev");
  }
  if (!root_token_.empty()) {
    words.push_back(
        fmt::format("-hcl=acl {{ enabled = true default_policy = \"deny\" "
                    "tokens {{ master = \"{0}\" agent = \"{0}\" }} }}",
                    root_token_));
  }
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  result.answers = [this] { return is_ready(); };
  return result;
}

bool ConsulServer::is_ready() const {
  try {
    // Without a leader there is no answer to this, and without an entry no session.
    const HttpAnswer answer = request("GET", "/v1/catalog/nodes?consistent");
    return answer.status == 200 && answer.body.find("\"Node\"") != std::string::npos;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string ConsulServer::wan_address() const { return fmt::format("127.0.0.1:{}", ports_.wan); }

std::string ConsulServer::address() const { return fmt::format("127.0.0.1:{}", ports_.http); }

std::string ConsulServer::url() const { return fmt::format("http://{}", address()); }

HttpAnswer ConsulServer::request(const std::string& method, const std::string& path,
                                 const std::string& body) const {
  const std::string token =
      root_token_.empty() ? "" : fmt::format("X-Consul-Token: {}\r\n", root_token_);
  return http_exchange(address(), fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n"
                                              "{}Connection: close\r\n\r\n{}",
                                              method, path, address(), body.size(), token, body));
}

}  // namespace stint::test
