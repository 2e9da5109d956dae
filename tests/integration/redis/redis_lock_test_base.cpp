#include "redis_lock_test_base.hpp"
#include <utility>

namespace stint::test {

void RedisLockTest::SetUp() {
  std::string missing;
  if (!RedisServer::is_installed(GetParam(), missing)) GTEST_SKIP() << missing;
}

RedisServer& RedisLockTest::start(std::vector<std::string> settings, bool has_fake_clock) {
  server_ = std::make_unique<RedisServer>(RedisServer::Options{
      .name = GetParam(), .settings = std::move(settings), .has_fake_clock = has_fake_clock});
  return *server_;
}

std::unique_ptr<LockBackend> RedisLockTest::client(const std::string& rows,
                                                   std::chrono::nanoseconds timeout) {
  return client_of(server_->url(), rows, timeout);
}

std::unique_ptr<LockBackend> RedisLockTest::client_of(const std::string& url,
                                                      const std::string& rows,
                                                      std::chrono::nanoseconds timeout) {
  return make_redis_lock({.settings = load_settings(LoadOptions{
                              .toml = "[one_instance.redis]\nurl = \"" + url + "\"\n" + rows,
                              .use_environment = false}),
                          .table = "one_instance.redis",
                          .key = kKey,
                          .timeout = timeout});
}

LockRequest RedisLockTest::request(std::chrono::nanoseconds ttl,
                                   std::chrono::nanoseconds lock_delay) {
  return {.owner = this_process_as_owner("a.b"), .ttl = ttl, .lock_delay = lock_delay};
}

LockHold RedisLockTest::hold(const LockRequest& request, const LockAttempt& attempt) {
  return {.owner_id = request.owner.id, .token = attempt.token, .ttl = request.ttl};
}

}  // namespace stint::test
