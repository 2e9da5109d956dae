/// The right to write to a store, taken in turns by all that use it.
#pragma once
#include <chrono>
#include <string>
#include "backends/sqlite/file_descriptor.hpp"

namespace stint::sqlite {

/// Who gives the turn away gets it back only after one who waited.
class Turn {
 public:
  virtual ~Turn() = default;
  /// Wait until it is our turn, for at most `limit`, if it is not 0. Throws Error: kUnavailable,
  /// retryable, once the limit has passed.
  virtual void take(std::chrono::nanoseconds limit) = 0;
  virtual void give() noexcept = 0;
};

/// Hold the turn for a scope.
class HeldTurn final {
 public:
  explicit HeldTurn(Turn& turn, std::chrono::nanoseconds limit = {}) : turn_(turn) {
    turn_.take(limit);
  }
  ~HeldTurn() { turn_.give(); }
  HeldTurn(const HeldTurn&) = delete;
  HeldTurn& operator=(const HeldTurn&) = delete;

 private:
  Turn& turn_;
};

/// Take turns through locks on a file beside the database. SQLite's own way to wait (a busy handler
/// that sleeps and tries again) starves some of those who wait; here they sleep in the kernel. The
/// kernel frees the lock of a program that dies. One thread of the owner at a time.
class FileTurn final : public Turn {
 public:
  /// Open the file, making it if there is none. Throws Error (kUnavailable).
  explicit FileTurn(const std::string& path);

  void take(std::chrono::nanoseconds limit) override;
  void give() noexcept override;

 private:
  std::string path_;
  FileDescriptor file_;
};

}  // namespace stint::sqlite
