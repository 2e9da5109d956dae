/// What a process prints, as lines: read from pipes, bounded.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "process/output_lines.hpp"

namespace stint {

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

  int out() const { return out_.write_end.get(); }
  int error() const { return error_.write_end.get(); }
  void close_write_ends();

  /// For poll(): -1 once a stream has ended.
  int out_descriptor() const { return out_.read_end.get(); }
  int error_descriptor() const { return error_.read_end.get(); }

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
  struct Pipe {
    OutputStream stream;
    UniqueFd read_end = {};
    UniqueFd write_end = {};
    bool is_large = false;
  };

  void read(Pipe& pipe, std::size_t most);

  const Clock& clock_;
  OutputLines lines_;
  Pipe out_{OutputStream::kOut};
  Pipe error_{OutputStream::kError};
  bool is_finished_ = false;
};

}  // namespace stint
