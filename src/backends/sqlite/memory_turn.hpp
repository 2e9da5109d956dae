/// The right to use a database in memory.
#pragma once
#include <chrono>
#include <cstdint>
#include "backends/sqlite/turn.hpp"
#include "base/mutex.hpp"

namespace stint::sqlite {

/// Take turns among the threads of one process, in the order in which they came. Readers take them
/// too: a database in memory has no log in which a reader could find the state before a write.
class MemoryTurn final : public Turn {
 public:
  /// Waits as long as it takes, whatever `limit` says: nobody holds a turn for longer than a
  /// transaction in memory.
  void take(std::chrono::nanoseconds limit) override;
  void give() noexcept override;
  /// How many wait.
  int waiting();

 private:
  Mutex mutex_;
  CondVar changed_;
  std::uint64_t next_ STINT_GUARDED_BY(mutex_) = 0;     // for who comes next
  std::uint64_t present_ STINT_GUARDED_BY(mutex_) = 0;  // whose turn it is
};

}  // namespace stint::sqlite
