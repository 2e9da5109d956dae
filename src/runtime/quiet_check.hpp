/// Whether a job has left anything behind by which the next one could be mistaken for it.
#pragma once
#include <sys/types.h>

namespace stint {

/// Look at this process before and after a job: it is quiet if it has written nothing to its
/// standard output and error, both still lead where they did, and it has started no process, which
/// might hold them. One thread, in a slot process. A process that a task detaches while it ignores
/// SIGCHLD, and starts otherwise than by fork(), is not seen.
class QuietCheck final {
 public:
  void begin();
  /// Nobody may have read since what was written.
  bool is_quiet() const;

 private:
  struct Stream {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Stream&) const = default;
  };
  struct Children {
    long switches = 0;  // of context and faults, of those that were waited for
    long faults = 0;
    int forks = 0;
    bool operator==(const Children&) const = default;
  };
  static Stream stream(int descriptor);
  static Children children();

  Stream out_;
  Stream error_;
  Children children_;
};

}  // namespace stint
