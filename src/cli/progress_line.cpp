#include "cli/progress_line.hpp"
#include <unistd.h>
#include <algorithm>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "base/clock.hpp"

namespace stint::cli {
namespace {

constexpr std::chrono::seconds kProgressPatience{1};
constexpr std::chrono::milliseconds kProgressPause{100};
constexpr std::size_t kBarWidth = 30;

void draw(std::string_view text) {
  // A bar that cannot be drawn is no reason to fail.
  const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(ignored);
}

}  // namespace

ProgressLine::ProgressLine(bool is_terminal, std::string label, std::size_t total)
    : is_terminal_(is_terminal),
      label_(std::move(label)),
      total_(total),
      next_(real_clock().boot_now() + kProgressPatience) {}

ProgressLine::~ProgressLine() {
  if (is_drawn_) draw("\r\x1b[K");
}

void ProgressLine::update(std::size_t count) {
  if (!is_terminal_) return;
  const std::chrono::nanoseconds now = real_clock().boot_now();
  if (now < next_) return;
  next_ = now + kProgressPause;
  is_drawn_ = true;
  if (total_ == 0) {
    draw(fmt::format("\r\x1b[K{} {}", label_, count));
    return;
  }
  const std::size_t done = std::min(count, total_);
  const std::size_t filled = kBarWidth * done / total_;
  draw(fmt::format("\r\x1b[K{} [{:#>{}}{:->{}}] {:3} % {}/{}", label_, "", filled, "",
                   kBarWidth - filled, 100 * done / total_, done, total_));
}

}  // namespace stint::cli
