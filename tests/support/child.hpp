/// A child process of a test.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <string>
#include <vector>

namespace stint::test {

/// Start a program and be able to end it. What still runs at the end is killed, by its id alone.
class Child final {
 public:
  /// `command` is the program's path and its arguments; standard output can be read line by line,
  /// standard error goes where that of the test goes. Throws std::system_error.
  explicit Child(const std::vector<std::string>& command);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Read a line of its standard output, without its end. Throws std::runtime_error if the output
  /// ends before, or nothing comes for 20 seconds.
  std::string read_line();
  void signal(int number) const;
  /// Wait for its end and return the status as waitpid gives it. Throws std::runtime_error after
  /// `limit`.
  int wait(std::chrono::milliseconds limit = std::chrono::seconds{20});
  /// Whether it has ended; the status is kept for `wait`.
  bool has_ended() const;

 private:
  void release() noexcept;

  pid_t pid_ = -1;
  int process_ = -1;  // a descriptor of the process: its id cannot be taken over meanwhile
  int output_ = -1;
  std::string read_;
};

/// The path of a program of tests/programs.
std::string test_program(const std::string& name);

}  // namespace stint::test
