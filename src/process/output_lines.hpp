/// What a program or a task prints, cut into lines and bounded.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace stint {

enum class OutputStream : std::uint8_t { kOut = 1, kError = 2 };

/// One captured line, without its end.
struct OutputLine {
  OutputStream stream = OutputStream::kOut;
  std::string_view text;  ///< any bytes; valid during the call alone
};

struct CaptureLimits {
  /// Of an attempt, both streams together; what comes later is counted and dropped. A line counts
  /// as 32 bytes at least: it costs the store that much.
  std::size_t most_bytes = std::size_t{8} << 20;
  std::size_t longest_line = std::size_t{64} << 10;  ///< longer ones are split; 4 or more
};

/// Cut the bytes of two streams into lines. The carriage return of "\r\n" is left out. The first
/// line that does not fit the limit is replaced by one which says so; from then on bytes are only
/// counted. Memory: less than two of the longest lines. One thread.
class OutputLines final {
 public:
  using Sink = std::function<void(const OutputLine&)>;

  /// How long text may wait for the end of its line, where somebody looks at the clock.
  static constexpr std::chrono::milliseconds kLongestWait{500};

  OutputLines(CaptureLimits limits, Sink sink);

  /// Take bytes that came at `now` and hand on all lines that end with them.
  void add(OutputStream stream, std::string_view bytes, std::chrono::nanoseconds now = {});
  /// Hand on what has no line end yet.
  void flush(OutputStream stream);
  /// The same, if it came `kLongestWait` ago.
  void flush_due(std::chrono::nanoseconds now);
  /// How long until that is so; nothing waits: an hour.
  std::chrono::nanoseconds until_due(std::chrono::nanoseconds now) const;
  /// Hand on all that is left and tell how much was dropped, if anything was. Call it once.
  void finish();

  /// Bytes that came, dropped ones included.
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Stream {
    std::string partial = {};             // what came since the last line's end
    std::chrono::nanoseconds since = {};  // when its first byte did
    bool is_begun = false;                // the line's beginning was handed on already
  };

  Stream& state_of(OutputStream stream);
  void keep(OutputStream stream, std::string_view bytes, std::chrono::nanoseconds now);
  void end_line(OutputStream stream, std::string_view bytes);
  std::string_view split(OutputStream stream, std::string_view text, std::size_t most);
  void hand_on(OutputStream stream, std::string_view text, std::size_t cost);

  const CaptureLimits limits_;
  const Sink sink_;
  std::array<Stream, 2> streams_;
  std::uint64_t bytes_ = 0;
  std::uint64_t kept_bytes_ = 0;  // of those: handed on, with the line ends
  std::size_t charged_ = 0;       // what was handed on counts as so much
  bool is_cut_ = false;
  OutputStream cut_stream_ = OutputStream::kOut;
};

}  // namespace stint
