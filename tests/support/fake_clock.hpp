/// A clock that a test sets, for programs under tests/preload/fake_clock.cpp.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace stint::test {

/// The clock of all programs that were started with its environment. Does nothing to those that ask
/// the kernel and not the C library for the time, as those in Go.
class FakeClock final {
 public:
  /// Right until it is told otherwise.
  explicit FakeClock(std::filesystem::path file);

  /// What a program's environment needs.
  std::map<std::string, std::string> environment() const;
  /// Set the wall clock that much ahead of the right time, or behind.
  void set_ahead(std::chrono::seconds ahead) const;
  /// From now on have the wall clock and CLOCK_BOOTTIME, its timers too, run faster by so many
  /// millionths, or slower. To be called once, before programs are started.
  void run_faster(std::int64_t millionths) const;

 private:
  void write(int place, std::int64_t number) const;

  std::filesystem::path file_;
};

}  // namespace stint::test
