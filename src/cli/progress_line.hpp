/// A bar on standard error for what takes over a second.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>

namespace stint::cli {

/// Draw `label [#####-----] 42 % 420/1000`, at most ten times a second, only where standard error
/// is a terminal and only after the first second. Erased when the object ends. Not thread-safe.
class ProgressLine {
 public:
  /// `total` 0: not known, only the count is shown.
  ProgressLine(bool is_terminal, std::string label, std::size_t total);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(std::size_t count);

 private:
  bool is_terminal_;
  bool is_drawn_ = false;
  std::string label_;
  std::size_t total_;
  std::chrono::nanoseconds next_;
};

}  // namespace stint::cli
