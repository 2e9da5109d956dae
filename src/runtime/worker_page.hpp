/// A worker's page: a small mapped file that tells, after the worker's death, what it was
/// executing.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "core/job_records.hpp"

namespace stint {

/// Own the page of this process's worker. The file is locked (an open-file-description lock) while
/// the object lives: the kernel frees the lock at the process's death, however it dies. Writing an
/// entry is two stores to mapped memory; no system call.
class WorkerPage final {
 public:
  /// The most slots that a page has room for.
  static constexpr int kSlots = 1024;

  /// Make and lock a new page in `directory` (made with mode 0700 if missing). Throws Error
  /// kUnavailable.
  explicit WorkerPage(const std::string& directory);
  /// Unlock and remove the file.
  ~WorkerPage();
  WorkerPage(const WorkerPage&) = delete;
  WorkerPage& operator=(const WorkerPage&) = delete;

  const std::string& path() const { return path_; }

  /// Tell that `slot` begins with a job. Each slot is written by one thread at a time.
  void begin(int slot, JobId id, Epoch epoch) noexcept;
  /// Tell that `slot` is empty again.
  void end(int slot) noexcept;

 private:
  struct Map;
  std::string path_;
  int descriptor_ = -1;
  Map* map_ = nullptr;
};

/// Choose where pages are: memory-backed and private to the user.
std::string default_page_directory();

/// The boot of this machine; two processes with the same one share its memory and its locks.
std::string machine_boot_id();

/// What a look at another worker's page shows.
struct PageObservation {
  bool is_dead = false;  ///< nobody holds the lock: its process has ended
  /// What it was executing; unset if the page cannot be read.
  std::optional<std::vector<StartedJob>> started = {};
};

/// Look at the page of a worker that registered `boot_id` and `path`. A page of another boot, or
/// one that is missing or unreadable, shows nothing.
PageObservation observe_page(const std::string& boot_id, const std::string& path);

}  // namespace stint
