#include "runtime/outage_log.hpp"
#include "base/log.hpp"

namespace stint {

void OutageLog::failed(std::string_view role, const Error& error) {
  log_debug("worker", "{}: {}", role, error.what());
  const MutexLock lock{mutex_};
  const bool is_first = failing_.empty();
  failing_.emplace(role);
  is_out_ = true;
  if (!is_first) return;
  since_ = clock_.boot_now();
  log_error("worker", "the store does not answer; trying again until it does: {}", error.what());
}

void OutageLog::answered(std::string_view role) {
  if (!is_out_.load(std::memory_order_relaxed)) return;
  const MutexLock lock{mutex_};
  const auto found = failing_.find(role);
  if (found == failing_.end()) return;
  failing_.erase(found);
  if (!failing_.empty()) return;
  is_out_ = false;
  log_info("worker", "the store answers again after {:.3g} s",
           std::chrono::duration<double>(clock_.boot_now() - since_).count());
}

}  // namespace stint
