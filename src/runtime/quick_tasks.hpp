/// Which tasks are so quick and quiet that several of their jobs are handed on together.
#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace stint {

/// Learn from ends. One thread.
class QuickTasks final {
 public:
  /// The most jobs in one burst.
  static constexpr int kMost = 32;

  /// Take note of how a job ended. `is_quiet`: it printed and said nothing.
  void note(const std::string& task, std::chrono::nanoseconds took, bool is_quiet);

  /// How many jobs may be handed on together with one of this task: as many as take a millisecond,
  /// `kMost` at most; 1 until several in a row were quick and quiet.
  int most_together(const std::string& task) const;

 private:
  struct Task {
    int streak = 0;           // quick and quiet ones in a row
    double microseconds = 0;  // of one job, on average; noisy
  };
  std::map<std::string, Task> tasks_;
};

}  // namespace stint
