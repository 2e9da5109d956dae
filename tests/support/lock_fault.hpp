/// What the tests of the lock's faults share: a place, proxies before it, contenders, a verdict.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "support/cutting_proxy.hpp"
#include "support/lock_check.hpp"
#include "support/lock_contenders.hpp"
#include "support/lock_server.hpp"

/// Run the tests of a fixture on these backends; those behind `kAtFullSize` take seconds each and
/// are left to full size.
#define STINT_ON_LOCKS(fixture, ...)                                                        \
  INSTANTIATE_TEST_SUITE_P(Locks, fixture,                                                  \
                           ::testing::ValuesIn(::stint::test::locks_to_try({__VA_ARGS__})), \
                           [](const auto& place) { return place.param; })

namespace stint::test {

/// Whether everything is to be tried at full size.
bool is_full_size();
inline constexpr const char* kAtFullSize = "at full size:";
/// The names before `kAtFullSize`, and at full size those behind it.
std::vector<std::string> locks_to_try(std::vector<std::string> names);
/// STINT_SEED, or one by chance; printed.
std::uint64_t chosen_seed();

/// A test over backends of locks; its parameter is the backend's name.
class LockFault : public ::testing::TestWithParam<std::string> {
 protected:
  /// Make the place. False: its server is not installed; the test is skipped, or fails where
  /// STINT_TEST_REQUIRE names it.
  bool make_place(const LockServer::Options& options = {});
  /// Put a proxy of its own before each seat.
  void make_proxies(int count);
  /// The least that works: a ttl, and a limit of requests that fits it.
  LockContenders::Options contenders() const;
  void start(const LockContenders::Options& options);

  /// Wait for a holder that is at work; its seat, or -1 and a failure.
  int wait_for_holder();
  /// Whether another process than this one is at work as the holder; wait for that.
  bool has_other_holder(pid_t than) const;
  bool wait_for_other_holder(pid_t than);
  /// How soon after a holder's death another must come.
  std::chrono::nanoseconds longest_takeover() const;

  /// End all, judge, print the figures of the test, expect no violation. Where clocks differ, what
  /// a contender says of its lease's end is not in the journal's time, and is left out.
  LockVerdict finish(const std::string& what, bool clocks_differ = false);

  std::uint64_t seed_ = chosen_seed();
  std::unique_ptr<LockServer> server_;
  std::vector<std::unique_ptr<CuttingProxy>> proxies_;
  std::unique_ptr<LockContenders> contenders_;
  LockContenders::Options options_;
};

}  // namespace stint::test
