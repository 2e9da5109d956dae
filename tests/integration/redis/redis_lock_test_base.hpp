/// What the tests of locks in Redis share: a server of their own and clients of it.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <gtest/gtest.h>
#include "backends/redis/redis_backend.hpp"
#include "stint/error.hpp"
#include "stint/lock_backend.hpp"
#include "support/redis_server.hpp"

namespace stint::test {

/// Skips where there is no server. The parameter is its name, "redis" or "valkey".
class RedisLockTest : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr const char* kKey = "stint/a.b";
  /// Where a lock of that name is.
  static constexpr const char* kHash = "stint:lock:{stint/a.b}";

  void SetUp() override;

  /// Start the server.
  RedisServer& start(std::vector<std::string> settings = {}, bool has_fake_clock = false);
  RedisServer& server() { return *server_; }

  /// A client; `rows` are settings of TOML besides the URL.
  std::unique_ptr<LockBackend> client(const std::string& rows = "restart_guard = false",
                                      std::chrono::nanoseconds timeout = std::chrono::seconds{2});
  std::unique_ptr<LockBackend> client_of(const std::string& url, const std::string& rows,
                                         std::chrono::nanoseconds timeout);

  static LockRequest request(std::chrono::nanoseconds ttl = std::chrono::seconds{30},
                             std::chrono::nanoseconds lock_delay = std::chrono::seconds{1});
  static LockHold hold(const LockRequest& request, const LockAttempt& attempt);

  /// The error that a call ends with; a test failure if it ends well.
  template <typename Call>
  static std::optional<Error> error_of(Call&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "there was no error";
    return std::nullopt;
  }

 private:
  std::unique_ptr<RedisServer> server_;
};

}  // namespace stint::test
