#include "process/output_lines.hpp"
#include <algorithm>
#include <cstring>
#include <utility>
#include <fmt/format.h>

namespace stint {
namespace {

constexpr std::size_t kLeastCost = 32;
constexpr std::size_t kLeastLine = 4;  // any character of UTF-8 fits
constexpr std::chrono::nanoseconds kLong = std::chrono::hours{1};

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Where to cut text after at most `most` bytes, so that no character of UTF-8 is torn. Other bytes
/// are cut where it comes.
std::size_t cut_place(std::string_view text, std::size_t most) {
  constexpr std::size_t kLongestTail = 3;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t place = most;
  while (place > 1 && most - place < kLongestTail && continues(place)) --place;
  return continues(place) ? most : place;
}

}  // namespace

OutputLines::OutputLines(CaptureLimits limits, Sink sink)
    : limits_{.most_bytes = limits.most_bytes,
              .longest_line = std::max(limits.longest_line, kLeastLine)},
      sink_(std::move(sink)) {}

OutputLines::Stream& OutputLines::state_of(OutputStream stream) {
  return streams_[stream == OutputStream::kOut ? 0 : 1];
}

void OutputLines::add(OutputStream stream, std::string_view bytes, std::chrono::nanoseconds now) {
  bytes_ += bytes.size();
  while (!is_cut_ && !bytes.empty()) {
    const void* const end = std::memchr(bytes.data(), '\n', bytes.size());
    if (end == nullptr) {
      keep(stream, bytes, now);
      return;
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data());
    Stream& state = state_of(stream);
    if (state.partial.empty()) {
      end_line(stream, bytes.substr(0, length));
    } else {
      keep(stream, bytes.substr(0, length), now);
      const std::string line = std::exchange(state.partial, {});
      end_line(stream, line);
    }
    state.is_begun = false;
    bytes.remove_prefix(length + 1);
  }
}

void OutputLines::keep(OutputStream stream, std::string_view bytes, std::chrono::nanoseconds now) {
  Stream& state = state_of(stream);
  if (state.partial.empty()) state.since = now;
  // One byte more may wait: it can be the carriage return of the line's end.
  const std::size_t most = limits_.longest_line + 1;
  while (!is_cut_ && state.partial.size() + bytes.size() > most) {
    const std::size_t taken = std::min(bytes.size(), most + 1 - state.partial.size());
    state.partial += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    state.partial = std::string{split(stream, state.partial, most)};
    state.since = now;
  }
  if (!is_cut_) state.partial += bytes;
}

/// Hand on pieces of the longest length while `text` is longer than `most`; return what is left.
std::string_view OutputLines::split(OutputStream stream, std::string_view text, std::size_t most) {
  while (text.size() > most && !is_cut_) {
    const std::size_t length = cut_place(text, limits_.longest_line);
    hand_on(stream, text.substr(0, length), length);
    text.remove_prefix(length);
    state_of(stream).is_begun = true;
  }
  return text;
}

void OutputLines::end_line(OutputStream stream, std::string_view bytes) {
  const std::size_t returns = bytes.ends_with('\r') ? 1 : 0;
  const std::string_view text = split(stream, without_return(bytes), limits_.longest_line);
  // The end of a line whose text was handed on already is no empty line.
  if (text.empty() && state_of(stream).is_begun) {
    if (!is_cut_) kept_bytes_ += returns + 1;
    return;
  }
  hand_on(stream, text, text.size() + returns + 1);
}

void OutputLines::hand_on(OutputStream stream, std::string_view text, std::size_t cost) {
  if (is_cut_) return;
  const std::size_t charge = std::max(cost, kLeastCost);
  if (charge > limits_.most_bytes - charged_) {
    is_cut_ = true;
    cut_stream_ = stream;
    const std::string mark =
        fmt::format("[output cut here: the limit of an attempt is {} bytes]", limits_.most_bytes);
    sink_({stream, mark});
    return;
  }
  charged_ += charge;
  kept_bytes_ += cost;
  sink_({stream, text});
}

void OutputLines::flush(OutputStream stream) {
  Stream& state = state_of(stream);
  const std::string line = std::exchange(state.partial, {});
  if (line.empty() || is_cut_) return;
  const std::string_view text = split(stream, without_return(line), limits_.longest_line);
  hand_on(stream, text, text.size() + (line.ends_with('\r') ? 1 : 0));
  state.is_begun = true;
}

void OutputLines::flush_due(std::chrono::nanoseconds now) {
  for (const OutputStream stream : {OutputStream::kOut, OutputStream::kError}) {
    const Stream& state = state_of(stream);
    if (!state.partial.empty() && now - state.since >= kLongestWait) flush(stream);
  }
}

std::chrono::nanoseconds OutputLines::until_due(std::chrono::nanoseconds now) const {
  std::chrono::nanoseconds least = kLong;
  for (const Stream& state : streams_) {
    if (state.partial.empty() || is_cut_) continue;
    const std::chrono::nanoseconds left = state.since + kLongestWait - now;
    least = std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds{0}, least);
  }
  return least;
}

void OutputLines::finish() {
  flush(OutputStream::kOut);
  flush(OutputStream::kError);
  if (!is_cut_) return;
  const std::string mark = fmt::format("[{} bytes of output were dropped]", bytes_ - kept_bytes_);
  sink_({cut_stream_, mark});
}

}  // namespace stint
