/// The right to write to a store's file, taken in turns by all programs that use it.
#pragma once
#include <chrono>
#include <string>
#include "backends/sqlite/file_descriptor.hpp"

namespace stint::sqlite {

/// Take turns through locks on a file beside the database. SQLite's own way to wait (a busy handler
/// that sleeps and tries again) starves some of those who wait; here they sleep in the kernel, and
/// who gives the turn away gets it back only after one who waited. The kernel frees the lock of a
/// program that dies.
class Turn final {
 public:
  /// Open the file, making it if there is none. Throws Error (kUnavailable).
  explicit Turn(const std::string& path);

  /// Wait until it is our turn, for at most `limit`, if it is not 0. One thread of the owner at a
  /// time. Throws Error: kUnavailable, retryable, once the limit has passed.
  void take(std::chrono::nanoseconds limit = {});
  void give() noexcept;

 private:
  std::string path_;
  FileDescriptor file_;
};

}  // namespace stint::sqlite
