#include "runtime/rescuer.hpp"
#include <unistd.h>
#include <utility>
#include "base/log.hpp"
#include "runtime/worker_page.hpp"

namespace stint {

Rescuer::Rescuer(Store& store, const Session& session, const Clock& clock, OnRescued on_rescued,
                 TurnTime* turn)
    : store_(store),
      session_(session),
      clock_(clock),
      on_rescued_(std::move(on_rescued)),
      turn_(turn) {}

int Rescuer::look() {
  int rescued = 0;
  std::map<WorkerId, Sighting> still_alive;
  for (const WorkerRecord& worker : list_alive()) {
    if (worker.id == session_.worker()) continue;
    PageObservation page = observe_page(worker.info.boot_id, worker.info.page);
    if (page.is_dead) {
      if (rescue(worker, std::move(page.started), "its process has ended")) {
        ++rescued;
        ::unlink(worker.info.page.c_str());
      }
      continue;
    }
    if (is_silent(worker)) {
      if (rescue(worker, std::move(page.started), "its beat has not changed for a lease"))
        ++rescued;
      continue;
    }
    still_alive.insert(*sightings_.find(worker.id));
  }
  sightings_ = std::move(still_alive);
  return rescued;
}

std::vector<WorkerRecord> Rescuer::list_alive() {
  const StoreWait wait{turn_, clock_};
  return store_.list_workers(/*alive_only=*/true);
}

bool Rescuer::is_silent(const WorkerRecord& worker) {
  const auto now = clock_.boot_now();
  const auto [found, is_new] =
      sightings_.try_emplace(worker.id, Sighting{.beat = worker.beat, .first_seen = now});
  Sighting& sighting = found->second;
  if (is_new || sighting.beat != worker.beat) {
    sighting = {.beat = worker.beat, .first_seen = now};
    return false;
  }
  // Who was cut off or paused itself has seen nothing: the lease counts from its own last break.
  const auto watched_since = std::max(sighting.first_seen, session_.unbroken_since());
  return now < session_.lease_until() && now - watched_since >= session_.options().lease;
}

RescueResult Rescuer::free_jobs_of(const WorkerRecord& worker,
                                   std::optional<std::vector<StartedJob>> started) {
  const StoreWait wait{turn_, clock_};
  return store_.rescue({.worker = worker.id, .beat = worker.beat, .started = std::move(started)});
}

bool Rescuer::rescue(const WorkerRecord& worker, std::optional<std::vector<StartedJob>> started,
                     std::string_view evidence) {
  const RescueResult result = free_jobs_of(worker, std::move(started));
  sightings_.erase(worker.id);
  if (!result.was_dead) return false;
  log_warning(
      "worker",
      "worker {} ({} on {}) is dead: {}; {} jobs charged with a crash, {} given back, {} failed",
      worker.id.value, worker.info.pid, worker.info.node, evidence, result.crashed,
      result.interrupted, result.failed);
  if (on_rescued_) on_rescued_(worker.id, result);
  return true;
}

}  // namespace stint
