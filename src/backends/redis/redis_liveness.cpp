#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <fmt/format.h>
#include "backends/redis/records.hpp"
#include "backends/redis/redis_backend.hpp"
#include "backends/redis/session.hpp"
#include "stint_generated/redis_lua.hpp"

namespace stint {
namespace redis {
namespace {

class RedisLiveness final : public LivenessBackend {
 public:
  RedisLiveness(Server server, std::string_view name)
      : session_(std::move(server)), key_(fmt::format("stint:liveness:{{{}}}", name)) {}

  void write(LivenessKind kind, const LivenessStamp& stamp) override {
    const std::string text = stamp_text(stamp);
    session_.run({.script = &lua::write_stamp,
                  .keys = {key_},
                  .arguments = {kind == LivenessKind::kSuccess ? "success" : "alive", text}});
  }

  LivenessRecord read() override {
    const Reply reply =
        session_.run({.script = &lua::read_stamps, .keys = {key_}, .effect = Effect::kNone});
    return {.success = stamp_of(reply, 0), .sign_of_life = stamp_of(reply, 2)};
  }

 private:
  static std::optional<LivenessStamp> stamp_of(const Reply& reply, std::size_t first) {
    const std::string_view text = reply.text(first);
    if (text.empty()) return std::nullopt;
    LivenessStamp stamp = read_stamp(text);
    // The server's clock may have been set back since.
    stamp.age = std::chrono::milliseconds{std::max<std::int64_t>(reply.number(first + 1), 0)};
    return stamp;
  }

  Session session_;
  const std::string key_;
};

}  // namespace
}  // namespace redis

std::unique_ptr<LivenessBackend> make_redis_liveness(const BackendOptions& options) {
  return std::make_unique<redis::RedisLiveness>(redis::read_server(options), options.key);
}

}  // namespace stint
