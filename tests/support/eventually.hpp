/// Wait for a condition in a test.
#pragma once
#include <chrono>
#include <thread>

namespace stint::test {

/// Look at `condition` until it holds; false once `limit` has passed. The limit is only met by a
/// test that fails: it may be long.
template <typename Condition>
[[nodiscard]] bool eventually(Condition&& condition,
                              std::chrono::milliseconds limit = std::chrono::seconds{20}) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace stint::test
