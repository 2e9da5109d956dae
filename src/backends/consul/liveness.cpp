#include "backends/consul/liveness.hpp"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/time_format.hpp"
#include "stint/error.hpp"

namespace stint::consul {
namespace {

constexpr int kMostTries = 3;

// Nothing for a value that is no stamp: without its time nobody could say how old it is.
std::optional<LivenessStamp> stamp_of(const Look& look) {
  if (!look.entry) return std::nullopt;
  const json value = json::parse(look.entry->value, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  auto stamp = value.get<LivenessStamp>();
  const auto time = parse_time(stamp.time);
  if (!time) return std::nullopt;
  const auto age = std::chrono::nanoseconds{real_clock().system_now() - *time};
  stamp.age = std::max(age, std::chrono::nanoseconds{0});
  return stamp;
}

}  // namespace

ConsulLiveness::ConsulLiveness(const Options& options)
    : options_(options), alive_key_(options.key + "/alive"), client_(options) {}

const std::string& ConsulLiveness::key_of(LivenessKind kind) const {
  return kind == LivenessKind::kSuccess ? options_.key : alive_key_;
}

void ConsulLiveness::refuse_foreign(const std::string& key, const Look& look) const {
  if (!look.entry) return;
  const bool is_locked = !look.entry->session.empty();
  if (!is_locked && may_be_locked(*look.entry)) return;
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("the key \"{}\" of Consul at {} {}; choose another {}.key", key, options_.url,
                  is_locked ? "is held as a lock" : "holds what is no stamp of liveness",
                  options_.table),
      Error::Details{.backend = "consul"}};
}

void ConsulLiveness::write(LivenessKind kind, const LivenessStamp& stamp) {
  client_.begin_call();
  const std::string& key = key_of(kind);
  const std::string value = json(stamp).dump(-1, ' ', false, json::error_handler_t::replace);
  for (int attempt = 0; attempt < kMostTries; ++attempt) {
    const Look look = client_.look(key);
    refuse_foreign(key, look);
    if (client_.put(key, look, value)) return;
  }
  throw Error{ErrorCode::kUnavailable,
              fmt::format("the stamp \"{}\" was not written to Consul at {}: others write it all "
                          "the time; give each task a {}.key of its own",
                          key, options_.url, options_.table),
              Error::Details{.retryable = true, .backend = "consul"}};
}

LivenessRecord ConsulLiveness::read() {
  client_.begin_call();
  return {.success = stamp_of(client_.look(options_.key)),
          .sign_of_life = stamp_of(client_.look(alive_key_))};
}

}  // namespace stint::consul
