/// What a process prints, as lines: read from pipes, bounded.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "process/output_lines.hpp"

namespace stint {

/// Two pipes, for the standard output and error of a process; one end of each may be handed on.
struct OutputPipes {
  UniqueFd out_read = {};  ///< does not wait
  UniqueFd out_write = {};
  UniqueFd error_read = {};  ///< does not wait
  UniqueFd error_write = {};

  /// Throws Error kUnavailable when there are no descriptors left.
  static OutputPipes make();
  void close_write_ends();
  /// Whether something was written and not read yet.
  bool has_waiting() const;
};

/// Own the two pipes of one execution and read what comes, without waiting. One thread. The write
/// ends are handed to the process (`out`, `error`), then closed here (`close_write_ends`). Order is
/// exact within a stream, by arrival between the two. What has no line end yet is handed on when
/// the stream ends, or half a second after it came (by `read_some`). What the sink throws passes
/// through.
class OutputCapture final {
 public:
  using Sink = OutputLines::Sink;

  /// Throws Error kUnavailable when there are no descriptors left.
  OutputCapture(CaptureLimits limits, Sink sink, const Clock& clock = real_clock());
  /// Read from these pipes.
  OutputCapture(OutputPipes pipes, CaptureLimits limits, Sink sink,
                const Clock& clock = real_clock());

  int out() const { return pipes_.out_write.get(); }
  int error() const { return pipes_.error_write.get(); }
  void close_write_ends() { pipes_.close_write_ends(); }

  /// For poll(): -1 once a stream has ended.
  int out_descriptor() const { return pipes_.out_read.get(); }
  int error_descriptor() const { return pipes_.error_read.get(); }

  /// Read what there is of both streams, at most about 1 MiB of each.
  void read_some();
  /// Read all that is there and hand the rest on, though some process may still hold a pipe open:
  /// it can write no more. The second call does nothing.
  void finish();
  /// Bytes that came, dropped ones included.
  std::uint64_t bytes() const { return lines_.bytes(); }
  /// How long until text without a line end is due; nothing waits: a long time.
  std::chrono::nanoseconds until_due() const { return lines_.until_due(clock_.boot_now()); }

 private:
  void read(OutputStream stream, std::size_t most);
  UniqueFd& read_end(OutputStream stream);

  const Clock& clock_;
  OutputPipes pipes_;
  OutputLines lines_;
  std::array<bool, 2> is_large_{};
  bool is_finished_ = false;
};

}  // namespace stint
