/// What contenders for a lock did, and what was done to them: lines that outlive a kill.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace stint::test {

/// One line.
struct LockEvent {
  enum class Kind : char {
    // Written by a contender.
    kAsks = 'A',      ///< it is about to ask for the lock
    kHolds = 'H',     ///< it has it, with `token`
    kRenewed = 'U',   ///< its lease lasts until `value`, on the boot clock
    kAccepted = '+',  ///< its effect was taken by the resource
    kRefused = '-',   ///< its effect was refused
    kReleases = 'R',  ///< its work is over, and it is about to release
    // Written by the test.
    kPaused = 'S',   ///< halted by SIGSTOP
    kResumed = 'C',  ///< by SIGCONT
    kEnded = 'E',    ///< its process has ended with the status `value`
    kTaken = 'X',    ///< it was killed or cut off as a holder: another must come within `value` ns
  };
  Kind kind = Kind::kAsks;
  pid_t pid = 0;
  std::int64_t token = 0;
  std::int64_t value = 0;
  std::chrono::nanoseconds at{0};  ///< boot time, as the kernel tells it
};

/// The boot time, past whatever has been put in the C library's place.
std::chrono::nanoseconds true_boot_now();

/// Append to a journal that several processes share. Each line is one write: none is ever torn.
/// Thread-safe.
class LockJournalWriter final {
 public:
  explicit LockJournalWriter(const std::string& path);
  ~LockJournalWriter();
  LockJournalWriter(const LockJournalWriter&) = delete;
  LockJournalWriter& operator=(const LockJournalWriter&) = delete;

  /// `event.at` and `event.pid` are filled in if they are 0.
  void write(LockEvent event) const;

 private:
  int descriptor_;
};

/// Read what has been appended since the last call.
class LockJournalReader final {
 public:
  explicit LockJournalReader(const std::string& path);
  ~LockJournalReader();
  LockJournalReader(const LockJournalReader&) = delete;
  LockJournalReader& operator=(const LockJournalReader&) = delete;

  std::vector<LockEvent> read_new();

 private:
  int descriptor_;
  off_t offset_ = 0;
};

}  // namespace stint::test
