/// The tasks of the worker's tests, and what they tell of themselves.
#pragma once
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include "base/mutex.hpp"
#include "stint/module_definition.hpp"

namespace stint::test {

/// What the tasks of this process have done, and what they wait for.
struct Stage {
  std::atomic<int> entered{0};  ///< calls of `hold`, `deaf` and `sleep`
  std::atomic<int> beside{0};   ///< in `hold` now
  std::atomic<int> most_beside{0};
  std::atomic<bool> is_open{false};  ///< lets `hold` and `deaf` go
  std::atomic<int> process_contexts{0};
  std::atomic<int> thread_contexts{0};
  Mutex mutex;
  std::map<std::string, int> runs STINT_GUARDED_BY(mutex);  ///< of `note`, by its argument

  void reset();
  void open();
  int runs_of(const std::string& name);
};

Stage& stage();

}  // namespace stint::test

namespace stint {
STINT_DECLARE_MODULE(work);
}  // namespace stint
