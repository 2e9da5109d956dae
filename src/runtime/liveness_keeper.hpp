/// Keep the stamps of tasks fresh in the background.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "stint/liveness.hpp"

namespace stint {

/// Makes what keeps the stamps of a task. May throw Error.
using OpenLiveness = std::function<std::unique_ptr<LivenessBackend>(const std::string& task)>;

/// Write stamps on a thread of its own, which begins with the first one. Nobody waits for a server;
/// one that does not answer is logged once an outage and tried again. Thread-safe.
class LivenessKeeper final {
 public:
  /// The time between two signs of life.
  static constexpr std::chrono::nanoseconds kBeat = std::chrono::seconds{10};
  /// Successes that follow each other sooner are one stamp.
  static constexpr std::chrono::nanoseconds kBetweenSuccesses = std::chrono::seconds{1};

  /// `open` may be empty: nothing is kept, which is what was asked for.
  explicit LivenessKeeper(OpenLiveness open, Clock& clock = real_clock());
  ~LivenessKeeper();  ///< gives up what is not written; see `flush`
  LivenessKeeper(const LivenessKeeper&) = delete;
  LivenessKeeper& operator=(const LivenessKeeper&) = delete;

  bool has_backend() const { return static_cast<bool>(open_); }
  /// Stamp a success now.
  void succeed(const std::string& task);
  /// Say what its runner does, at once the first time and then with each beat: "running".
  void set_state(const std::string& task, std::string state);
  /// Wait until all successes are written. False: `limit` has passed, or the server refuses.
  bool flush(std::chrono::nanoseconds limit);

 private:
  using Time = std::chrono::nanoseconds;

  struct Stamps {
    std::unique_ptr<LivenessBackend> backend = {};  // of the thread
    std::optional<LivenessStamp> success = {};      // not written yet
    Time success_at{0};                             // when it may be written
    std::string state = {};                         // empty: no sign of life is given
    Time sign_at{0};                                // when the next one is due
    Backoff backoff;
    bool is_failing = false;
  };

  /// One stamp to be written.
  struct Due {
    Stamps* stamps = nullptr;
    std::string task;
    LivenessKind kind = LivenessKind::kSuccess;
    LivenessStamp stamp;
  };

  Stamps& stamps_of(const std::string& task) STINT_REQUIRES(mutex_);
  void run();
  std::optional<Due> find_due(Time now) STINT_REQUIRES(mutex_);
  Time next_at() const STINT_REQUIRES(mutex_);
  void write(Due due);
  void settle(Due& due, const std::string& problem);

  const OpenLiveness open_;
  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Stamps> tasks_ STINT_GUARDED_BY(mutex_);
  bool is_writing_ STINT_GUARDED_BY(mutex_) = false;
  bool is_ending_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
