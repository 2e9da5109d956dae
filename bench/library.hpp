/// Our own contestants, the same for both stores: the Store alone, and the whole library.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include "figure.hpp"
#include "meter.hpp"
#include "plan.hpp"

namespace stint::bench {

/// A store of the bench's own.
struct StorePlace {
  std::string url;
  /// Have new, empty tables there.
  std::function<void()> make_new;
  std::optional<ServerProcesses> server = {};
};

/// Store::enqueue with jobs made ready before.
Contestant store_bulk(const Plan& plan, const StorePlace& place);
Contestant store_one_by_one(const Plan& plan, const StorePlace& place);
/// Store::exchange in a loop, `plan.batch` jobs at a time.
Contestant store_drain(const Plan& plan, const StorePlace& place);

/// stint::Client, which checks arguments too.
Contestant client_bulk(const Plan& plan, const StorePlace& place);
Contestant client_one_by_one(const Plan& plan, const StorePlace& place);
/// stint::Worker with its defaults, in so many processes at once; `isolation` is the setting.
Contestant worker_drain(const Plan& plan, const StorePlace& place, int processes,
                        const char* isolation = "thread");
/// In one process with so many slots, of jobs that do nothing or wait for 2 ms.
Contestant worker_drain_slots(const Plan& plan, const StorePlace& place, int slots, bool waits);
/// The same in one process, of jobs with 1 kB of arguments.
Contestant worker_drain_large(const Plan& plan, const StorePlace& place);
/// From the return of Client::enqueue to the first line of the task, in one process.
Contestant worker_latency(const Plan& plan, const StorePlace& place);

}  // namespace stint::bench
