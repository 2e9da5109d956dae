/// Measure a store as its users meet it: enqueue, execute, from commit to start.
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>
#include "app/environment.hpp"

namespace stint {

/// Jobs of one transaction of a bulk enqueue.
inline constexpr int kBenchBulk = 1000;

/// How much is measured.
struct StoreBenchOptions {
  int jobs = 10'000;          ///< of each bulk enqueue and drain; 1 to 10 million
  int rounds = 3;             ///< the median of so many is told
  std::vector<int> slots{};   ///< a drain by a worker of each; empty: one, of as many as cores
  std::size_t arg_bytes = 0;  ///< of each job's arguments, beyond an empty object
  int latency_jobs = 40;      ///< in each round
  std::chrono::nanoseconds one_by_one = std::chrono::milliseconds{700};  ///< in each round
  std::chrono::nanoseconds longest_drain = std::chrono::seconds{30};
};

enum class BenchUnit { kJobsPerSecond, kMilliseconds };

/// One measured thing, over all rounds.
struct BenchFigure {
  std::string name;  ///< "enqueue", "bulk", "drain", "start"
  BenchUnit unit = BenchUnit::kJobsPerSecond;
  int slots = 0;             ///< of a drain
  bool is_measured = false;  ///< at least one round was
  double median = 0;
  double least = 0;
  double greatest = 0;
  std::optional<double> p99 = {};  ///< of single values, in milliseconds
  std::optional<double> p50 = {};  ///< of single values, in milliseconds
};

/// What is told while it goes on: what is measured, and how far all of it is, 0 to 1.
using BenchProgress = std::function<void(std::string_view what, double share)>;

/// Measure the environment's store with jobs of a domain of their own, that no other worker serves,
/// and remove them at the end, also after an error or a stop. Nothing else is changed there. Throws
/// what the store throws; Error kBusy if a drain took longer than allowed; returns what there is
/// when a stop is asked for.
std::vector<BenchFigure> bench_store(const Settings& settings, std::string_view store,
                                     const StoreBenchOptions& options,
                                     const BenchProgress& progress, const std::stop_token& stop);

/// Say in plain words what the figures mean for whoever uses the store, the most important first.
std::vector<std::string> bench_verdict(const std::vector<BenchFigure>& figures);

}  // namespace stint
