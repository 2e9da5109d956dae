#include "runtime/quick_tasks.hpp"
#include <algorithm>

namespace stint {
namespace {

using std::chrono::nanoseconds;

// What takes longer gains nothing by being handed on with others: a message takes a tenth of it.
constexpr nanoseconds kQuick = std::chrono::microseconds{300};
constexpr int kStreak = 4;
constexpr double kTogetherMicroseconds = 1000;
// The weight of a new job in the average.
constexpr double kWeight = 0.2;

}  // namespace

void QuickTasks::note(const std::string& task, nanoseconds took, bool is_quiet) {
  Task& known = tasks_[task];
  if (!is_quiet || took > kQuick) {
    known = {};
    return;
  }
  const double now = std::chrono::duration<double, std::micro>(took).count();
  known.microseconds += (now - known.microseconds) * (known.streak == 0 ? 1 : kWeight);
  known.streak = std::min(known.streak + 1, kStreak);
}

int QuickTasks::most_together(const std::string& task) const {
  const auto found = tasks_.find(task);
  if (found == tasks_.end() || found->second.streak < kStreak) return 1;
  const double fitting = kTogetherMicroseconds / std::max(found->second.microseconds, 1.0);
  return std::clamp(static_cast<int>(fitting), 1, kMost);
}

}  // namespace stint
