/// Completions whose commit nobody waited for.
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <vector>
#include "core/job_records.hpp"

namespace stint::postgres {

/// Keep completions until the server's disk has them for certain, or they must be sent again.
///
/// A crash of the server takes the last commits that nobody waited for, and closes every
/// connection. So what was committed while a connection was open is safe as soon as a later
/// transaction over the same connection was waited for: that wrote all that was before it. Where a
/// later transaction went over a connection that was opened afterwards, the server may have crashed
/// between them. Connections are numbered in the order in which they were opened. Not thread-safe.
class UnconfirmedCompletions final {
 public:
  /// A moment in the order of notes.
  using Moment = std::uint64_t;

  /// Note what was committed; `newest` is the number of the newest connection before that.
  void note(std::span<const Completion> completions, std::uint64_t newest);
  /// So many are kept that the next commit should be waited for.
  bool is_full() const;
  Moment now() const { return next_; }
  /// A transaction over `connection` was waited for that began at `began`: what it confirms is
  /// forgotten.
  void confirm(std::uint64_t connection, Moment began);
  /// A transaction over `connection` came to its end: take what must be sent again.
  std::vector<Completion> take_doubtful(std::uint64_t connection);

 private:
  struct Note {
    Completion completion;
    std::uint64_t newest;
    Moment at;
  };
  std::deque<Note> notes_;
  std::size_t bytes_ = 0;
  Moment next_ = 1;
};

}  // namespace stint::postgres
