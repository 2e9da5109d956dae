/// What the tests of the Consul backend share.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <gtest/gtest.h>
#include "backends/consul/consul_backend.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "stint/lock_backend.hpp"
#include "support/http_client.hpp"
#include "support/http_double.hpp"

namespace stint::test {

/// Settings for the Consul at "127.0.0.1:PORT"; `more` are lines of [one_instance.consul].
BackendOptions consul_options(const std::string& address, const std::string& key,
                              const std::string& more = {});
/// The same for liveness.
BackendOptions consul_liveness_options(const std::string& address, const std::string& key,
                                       const std::string& more = {});

/// Ask a Consul something, past the code under test.
HttpAnswer ask_consul(const std::string& address, const std::string& method,
                      const std::string& path, const std::string& body = {});
/// How many of its sessions belong to a lock of this key.
std::size_t sessions_of(const std::string& address, const std::string& key);

/// A request for a lock by this process.
LockRequest lock_request(std::chrono::milliseconds ttl = std::chrono::seconds{15},
                         std::chrono::milliseconds lock_delay = std::chrono::milliseconds{0});

/// Call it and return the Error that it throws; the test fails if there is none.
Error error_of(const std::function<void()>& call);

/// Stand before a Consul: `spoil` may change or drop what it has answered.
std::unique_ptr<HttpDouble> spoiled_consul(
    const std::string& address,
    std::function<void(const DoubleRequest& request, DoubleReply& reply)> spoil);

/// Use the Consul that `./dev up` has started, with a key of the test's own.
class ConsulTest : public ::testing::Test {
 protected:
  void SetUp() override;

  std::unique_ptr<LockBackend> make_lock(const std::string& more = {}) const {
    return make_consul_lock(consul_options(address, key, more));
  }
  HttpAnswer ask(const std::string& method, const std::string& path,
                 const std::string& body = {}) const {
    return ask_consul(address, method, path, body);
  }
  /// The key as Consul shows it; null if there is none.
  json entry() const;
  /// Make a session that is not ours.
  std::string make_session(const std::string& lock_delay = "0s") const;

  std::string address;  ///< "127.0.0.1:PORT"
  std::string key;
};

}  // namespace stint::test
