/// Find workers that died and give their jobs back.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include "base/clock.hpp"
#include "core/store.hpp"
#include "runtime/session.hpp"
#include "runtime/turn_times.hpp"

namespace stint {

/// Judge by observation, not by any clock of a server: a worker is dead when its beat has not
/// changed for one lease, during which the observer's own beats all succeeded. On the same machine
/// the lock on the worker's page tells at once. Used by one thread.
class Rescuer final {
 public:
  using OnRescued = std::function<void(WorkerId, const RescueResult&)>;

  /// `on_rescued` hears of each worker that was found dead; it may be empty. `turn` is that of the
  /// thread's loop, which waits for the store here; it may be null.
  Rescuer(Store& store, const Session& session, const Clock& clock, OnRescued on_rescued = {},
          TurnTime* turn = nullptr);

  /// Look at all workers once and rescue those found dead; returns how many. Throws Error.
  int look();

 private:
  struct Sighting {
    std::int64_t beat = 0;
    std::chrono::nanoseconds first_seen{0};
  };

  std::vector<WorkerRecord> list_alive();
  bool is_silent(const WorkerRecord& worker);
  bool rescue(const WorkerRecord& worker, std::optional<std::vector<StartedJob>> started,
              std::string_view evidence);
  RescueResult free_jobs_of(const WorkerRecord& worker,
                            std::optional<std::vector<StartedJob>> started);

  Store& store_;
  const Session& session_;
  const Clock& clock_;
  const OnRescued on_rescued_;
  TurnTime* const turn_;
  std::map<WorkerId, Sighting> sightings_;
};

}  // namespace stint
