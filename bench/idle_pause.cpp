#include "idle_pause.hpp"
#include <chrono>
#include <random>
#include <thread>

namespace stint::bench {

void pause_until_idle() {
  // Always the same sequence, so that runs can be compared.
  static thread_local std::mt19937 random{20'000};
  std::uniform_int_distribution<int> microseconds{15'000, 45'000};
  std::this_thread::sleep_for(std::chrono::microseconds{microseconds(random)});
}

}  // namespace stint::bench
