/// What a process prints, as lines: read from pipes, bounded.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include "base/unique_fd.hpp"

namespace stint {

enum class OutputStream : std::uint8_t { kOut = 1, kError = 2 };

/// One captured line, without its end.
struct OutputLine {
  OutputStream stream = OutputStream::kOut;
  std::string_view text;  ///< any bytes; valid during the call alone
};

struct CaptureLimits {
  std::size_t most_bytes = std::size_t{8} << 20;  ///< of an attempt; what comes later is counted and dropped
  std::size_t longest_line = std::size_t{64} << 10;  ///< longer ones are split
};

/// Own the two pipes of one execution and read what comes, without waiting. One thread. The write
/// ends are handed to the process (`out`, `error`), then closed here (`close_write_ends`). Order is
/// exact within a stream, by arrival between the two. What has no line end yet is handed on when
/// the stream ends, or half a second after it came.
class OutputCapture final {
 public:
  using Sink = std::function<void(const OutputLine&)>;

  /// Throws Error kUnavailable when there are no descriptors left.
  OutputCapture(CaptureLimits limits, Sink sink);

  int out() const;
  int error() const;
  void close_write_ends();

  /// For poll(): -1 once a stream has ended.
  int out_descriptor() const;
  int error_descriptor() const;

  /// Read what there is of both streams, at most about 1 MiB of each.
  void read_some();
  /// Read all that is there and hand the rest on, though some process may still hold a pipe open.
  void finish();
  /// Bytes that came, dropped ones included.
  std::uint64_t bytes() const;
  /// How long until text without a line end is due; nothing waits: a long time.
  std::chrono::nanoseconds until_due() const;

 private:
  struct Stream;
  // Left to the implementation.
};

}  // namespace stint
