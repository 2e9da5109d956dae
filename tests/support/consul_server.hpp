/// A Consul of a test's own, to be stopped, broken and started again.
#pragma once
#include <filesystem>
#include <string>
#include <vector>
#include "support/http_client.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {

/// Make a server of one member, on free ports of 127.0.0.1 that it keeps over restarts; its
/// sessions may last a second only. It dies with the test. Not thread-safe.
class ConsulServer final {
 public:
  struct Options {
    /// Keep its data over restarts. It takes seconds then until it has a leader; without, tenths.
    bool is_lasting = false;
    std::string datacenter = "dc1";
    /// Refuse whoever shows no token that allows what is asked; this one, a UUID, allows all and is
    /// shown by `request`. Empty: everybody may do all.
    std::string root_token = {};
    std::vector<std::string> arguments = {};  ///< more words of `consul agent`
  };

  /// Whether there is a server to start; if not, why, and the way out. Fails the test where one is
  /// required.
  static bool is_installed(std::string& missing);

  /// Make and start it. Throws std::runtime_error with the server's log.
  ConsulServer() : ConsulServer(Options{}) {}
  explicit ConsulServer(const Options& options);

  int port() const { return ports_.http; }
  /// Where other servers, of other datacenters too, may join it: for -retry-join-wan.
  std::string wan_address() const;
  /// 127.0.0.1:PORT
  std::string address() const;
  /// http://127.0.0.1:PORT
  std::string url() const;
  const std::filesystem::path& folder() const { return folder_.path(); }

  /// Start it anew and wait until it has a leader and is in its catalogue.
  void start() { process_.start(); }
  /// See ServerProcess.
  ServerProcess& process() { return process_; }

  /// Ask it something: `request("PUT", "/v1/session/create", "{}")`. Throws std::runtime_error if
  /// nobody listens.
  HttpAnswer request(const std::string& method, const std::string& path,
                     const std::string& body = {}) const;

 private:
  struct Ports {
    int http;
    int server;
    int lan;
    int wan;
  };

  ServerProcess::Options process_options(const Options& options) const;
  bool is_ready() const;

  const std::string root_token_;
  TemporaryFolder folder_;
  Ports ports_;
  ServerProcess process_;
};

}  // namespace stint::test
