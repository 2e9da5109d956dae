/// What a task may use while it runs in a slot process.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include "base/unique_fd.hpp"
#include "stint/task.hpp"

namespace stint {

/// Put a task's limits on this process, and take them off again. Only one at a time, only in a
/// process that executes one job at a time. Throws Error kConfiguration for a working directory
/// that cannot be entered, and Error kUnavailable for a limit that the system does not take.
class LimitScope final {
 public:
  explicit LimitScope(const TaskOptions& options);
  ~LimitScope();
  LimitScope(const LimitScope&) = delete;
  LimitScope& operator=(const LimitScope&) = delete;

  /// Whether something could not be taken off again: the process must take no other job.
  bool is_for_good() const { return is_for_good_; }

 private:
  void put_on(const TaskOptions& options);
  void take_off() noexcept;
  void limit(int resource, rlim_t value, const char* name);
  void enter(const std::string& directory);
  void keep_environment(const std::vector<std::string>& names);

  std::map<int, rlimit> before_;
  std::optional<mode_t> umask_;
  UniqueFd directory_;
  std::optional<std::vector<std::string>> environment_;
  bool is_for_good_ = false;
};

/// The memory that a process and everything below it have resident, in bytes; 0 once it is gone.
std::int64_t resident_memory(pid_t process);

}  // namespace stint
