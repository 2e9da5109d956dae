/// What `doctor` says of the queue, whatever holds it.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "core/explain_job.hpp"
#include "core/health_check.hpp"
#include "core/store_inspector.hpp"

namespace stint {

/// How a store's clock was read, on this machine's clock.
struct ClockReading {
  std::chrono::system_clock::time_point asked_at;
  std::chrono::system_clock::time_point answered_at;
  StoreTime store_time;
};

/// Bounds of how much the store's clock is ahead of this machine's.
struct ClockSkew {
  std::chrono::nanoseconds least{0};
  std::chrono::nanoseconds most{0};
};

/// Narrow the bounds by each reading. `readings` is not empty.
ClockSkew skew_of(std::span<const ClockReading> readings);

HealthCheck check_clock(const ClockSkew& skew);
/// `backend`: "sqlite", which migrates by itself, or another.
HealthCheck check_schema(const SchemaLook& schema, std::string_view backend);
/// Due jobs that no live worker can take.
HealthCheck check_stranded(const QueueLook& queue, std::span<const LiveWorker> workers);
HealthCheck check_queue_age(const QueueLook& queue);
/// `known`: how many workers are known still, of each state.
HealthCheck check_workers(std::span<const LiveWorker> workers, const StoreStatus::Workers& known,
                          StoreTime now, std::chrono::nanoseconds lease);
HealthCheck check_failed_share(const QueueLook& queue);

}  // namespace stint
