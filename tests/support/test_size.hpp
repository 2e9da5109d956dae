/// What the environment says of random and of long tests.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <random>

namespace stint::test {

/// Whether STINT_FULL is there: at full size, as docs/reliability.md states it, rather than
/// quickly.
inline bool is_full_size() {
  return std::getenv("STINT_FULL") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

/// The seed that STINT_SEED gives, or a new one. To be printed, so that a run can be repeated.
inline std::uint64_t chosen_seed() {
  const char* text = std::getenv("STINT_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

}  // namespace stint::test
