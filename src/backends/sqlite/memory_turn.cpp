#include "backends/sqlite/memory_turn.hpp"

namespace stint::sqlite {

void MemoryTurn::take(std::chrono::nanoseconds /*limit*/) {
  MutexLock lock{mutex_};
  const std::uint64_t mine = next_++;
  while (present_ != mine) changed_.wait(lock);
}

void MemoryTurn::give() noexcept {
  const MutexLock lock{mutex_};
  ++present_;
  changed_.notify_all();
}

int MemoryTurn::waiting() {
  const MutexLock lock{mutex_};
  return next_ == present_ ? 0 : static_cast<int>(next_ - present_ - 1);
}

}  // namespace stint::sqlite
