/// What really happened in worker processes, written beside the store: lines that outlive a kill.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <string>
#include <vector>
#include "stint/types.hpp"

namespace stint::test {

/// One line: an execution began or ended.
struct JournalEntry {
  bool is_end = false;
  pid_t pid = 0;
  JobId job;
  Epoch epoch;
  std::chrono::nanoseconds at{0};  ///< boot time
};

/// Append to a journal that several processes share. Each line is one write: none is ever torn.
class JournalWriter final {
 public:
  explicit JournalWriter(const std::string& path);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void write(bool is_end, JobId job, Epoch epoch) const;

 private:
  int descriptor_;
};

/// Read what has been appended since the last call.
class JournalReader final {
 public:
  /// The file must be there.
  explicit JournalReader(const std::string& path);
  ~JournalReader();
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  std::vector<JournalEntry> read_new();

 private:
  int descriptor_;
  off_t offset_ = 0;
};

}  // namespace stint::test
