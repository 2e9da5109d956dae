/// A worker's standing with the store: its registration and its lease.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include "base/clock.hpp"
#include "core/store.hpp"

namespace stint {

/// How long a lease lasts and how often it is renewed; settings `worker.lease`, `worker.heartbeat`.
struct LeaseOptions {
  std::chrono::nanoseconds lease = std::chrono::seconds{30};
  std::chrono::nanoseconds heartbeat = std::chrono::seconds{10};
};

/// Register, renew and leave. `beat` is called by one thread (the heartbeat); the rest by any.
class Session final {
 public:
  Session(Store& store, WorkerInfo info, LeaseOptions options, const Clock& clock);

  /// Register with the store. Throws Error kUnavailable.
  void open();
  /// Renew. Returns true if the lease holds as before; false if the worker had been declared dead
  /// and registered anew: what it had claimed is no longer its own. `counts` goes along with it,
  /// see Store::beat. Throws Error kUnavailable.
  bool beat(std::string_view counts = {});
  /// Leave in good order. Jobs still held go back.
  void close();

  WorkerId worker() const { return WorkerId{id_.load()}; }
  const WorkerInfo& info() const { return info_; }
  const LeaseOptions& options() const { return options_; }
  /// Until when the lease holds for certain, on the boot clock: counted from before the last good
  /// renewal.
  std::chrono::nanoseconds lease_until() const { return std::chrono::nanoseconds{until_.load()}; }
  /// Renewals that succeeded in a row, without a failure or a pause longer than the lease between.
  std::chrono::nanoseconds unbroken_since() const {
    return std::chrono::nanoseconds{unbroken_since_.load()};
  }

 private:
  void renewed(std::chrono::nanoseconds sent_at);

  Store& store_;
  const WorkerInfo info_;
  const LeaseOptions options_;
  const Clock& clock_;
  std::atomic<std::int64_t> id_{0};
  std::atomic<std::int64_t> until_{0};
  std::atomic<std::int64_t> unbroken_since_{0};
};

}  // namespace stint
