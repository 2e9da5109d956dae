#include "backends/postgres/wake_registry.hpp"
#include <algorithm>

namespace stint::postgres {

void WakeRegistry::add(WakeListener& listener) {
  MutexLock lock(mutex_);
  listeners_.push_back(&listener);
}

void WakeRegistry::remove(WakeListener& listener) noexcept {
  MutexLock lock(mutex_);
  std::erase(listeners_, &listener);
}

void WakeRegistry::tell(std::string_view what) {
  MutexLock lock(mutex_);
  for (WakeListener* listener : listeners_) listener->on_event(what);
}

}  // namespace stint::postgres
