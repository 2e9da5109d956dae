/// Workers come, beat, leave and die.
#pragma once
#include <functional>
#include <vector>
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

WorkerId register_worker(Transaction& transaction, const WorkerInfo& info);
bool beat_worker(Transaction& transaction, WorkerId worker, std::string_view counts);
/// Let a worker leave; its jobs go back as interrupted.
void retire_worker(Transaction& transaction, WorkerId worker);
std::vector<WorkerRecord> list_workers(Connection& connection, bool alive_only);

/// Declare a worker dead and free its jobs. `draw` returns a random number from -1 to 1, for the
/// jitter of the pauses.
RescueResult rescue_worker(Transaction& transaction, const RescueRequest& request,
                           const std::function<double()>& draw);

}  // namespace stint::sqlite
