/// The role of whoever keeps the stamps by which one sees that a task still succeeds.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include "stint/json.hpp"
#include "stint/lock_backend.hpp"

namespace stint {

/// What a stamp says.
struct LivenessStamp {
  std::string host = {};
  std::string fqdn = {};
  std::string
      state;  ///< "succeeded"; of a sign of life: "running", "waiting", "sleeping", "failed"
  std::string time = {};  ///< RFC 3339, UTC, by the writer's clock
  /// How old it is, by the clock of the server where it has one, else of this machine. Filled by
  /// `read` alone; never negative.
  std::chrono::nanoseconds age{0};
};

/// With jobslib's fields fqdn, timestamp, time_utc and time_local too. `age` is not written.
void to_json(json& to, const LivenessStamp& stamp);
/// Take what is there; never throws for a member that is missing or of another type.
void from_json(const json& from, LivenessStamp& stamp);

/// Describe this process at this moment.
LivenessStamp stamp_of_this_process(std::string_view state);

enum class LivenessKind : std::uint8_t {
  kSuccess,     ///< the task has succeeded
  kSignOfLife,  ///< its runner is there, whatever it does
};

struct LivenessRecord {
  std::optional<LivenessStamp> success = {};  ///< nothing: none was ever written
  std::optional<LivenessStamp> sign_of_life = {};
};

/// Keep the two stamps of one task. Calls throw Error kUnavailable and kConfiguration as those of a
/// LockBackend, and return within about the timeout of their options. Used by one thread at a time.
class LivenessBackend {
 public:
  virtual ~LivenessBackend() = default;
  virtual void write(LivenessKind kind, const LivenessStamp& stamp) = 0;
  virtual LivenessRecord read() = 0;
};

/// What a task sees: `job.liveness()`. Thread-safe.
class Liveness {
 public:
  virtual ~Liveness() = default;
  /// Stamp a success now, before the task has ended: a long task that makes progress. A server that
  /// does not answer is logged and never fails the task.
  virtual void write() = 0;
};

}  // namespace stint
