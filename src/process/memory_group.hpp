/// A control group that bounds the memory of a process and all that it starts.
#pragma once
#include <sys/types.h>
#include <cstdint>
#include <memory>
#include <string>

namespace stint {

/// Where this process's memory controller is, as /proc tells it.
struct MemoryController {
  std::string directory = {};  ///< of the group of this process; empty: there is none
  bool is_v2 = false;
};

/// Read what /proc/self/cgroup and /proc/self/mountinfo say.
MemoryController find_memory_controller(const std::string& groups, const std::string& mounts);

/// Own a group below that of this process. The kernel counts each page once, and kills in the group
/// where the limit is reached. One thread.
class MemoryGroup final {
 public:
  /// Make one where the system allows it: with control groups v2, the group of this process must
  /// have the memory controller to give (`cgroup.subtree_control`); with v1, be writable. Null: it
  /// does not.
  static std::unique_ptr<MemoryGroup> make();
  /// Remove it. Its processes must be gone.
  ~MemoryGroup();
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  /// Bound the memory of the group, in bytes; 0: no bound. False: the system refuses.
  bool limit(std::int64_t bytes);
  /// Move a process into the group, with what it allocates and starts from now on. False: the
  /// system refuses.
  bool add(pid_t process);
  /// How many of its processes the kernel has killed at the limit.
  std::int64_t kills() const;

  /// What they hold now, in bytes.
  std::int64_t used() const;

  const std::string& directory() const { return directory_; }

 private:
  MemoryGroup(std::string directory, bool is_v2);

  const std::string directory_;
  const bool is_v2_;
};

}  // namespace stint
