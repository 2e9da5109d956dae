/// Programs that the bench starts and talks to line by line.
#pragma once
#include <sys/types.h>
#include <string>
#include <vector>

namespace stint::bench {

/// One running program, its standard input and output in our hands; what it writes to standard
/// error is kept in a file. Ended by SIGKILL if it still runs when the object goes.
class Child final {
 public:
  /// `argv[0]` is the path of the program. `error_file` may be empty: standard error is shared.
  explicit Child(const std::vector<std::string>& argv, const std::string& error_file = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void write_line(const std::string& line) const;
  /// Read the next line; throws if the program ends first.
  std::string read_line();
  /// Read what is left of its output and wait for its end; returns its exit code, 128 + the signal
  /// that ended it.
  int wait();
  /// Ask it to end.
  void terminate() const;
  pid_t pid() const { return pid_; }

 private:
  bool read_more();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace stint::bench
