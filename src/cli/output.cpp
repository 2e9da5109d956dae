#include "cli/output.hpp"
#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include "cli/cannot_write.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;

/// Write all of it, waiting where the descriptor is not ready; return the error's number, 0 if
/// none.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void Output::write(std::string_view text) {
  pending_ += text;
  if (pending_.size() >= kPieceBytes) flush();
}

void Output::line(std::string_view text) {
  pending_ += text;
  pending_ += '\n';
  if (pending_.size() >= kPieceBytes) flush();
}

std::string Output::captured(const std::function<void()>& work) {
  std::string before;
  before.swap(pending_);
  is_captured_ = true;
  const auto restore = [&] {
    is_captured_ = false;
    pending_.swap(before);
  };
  try {
    work();
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return before;
}

void Output::flush() {
  if (is_captured_) return;
  std::string text;
  text.swap(pending_);
  const int problem = write_all(STDOUT_FILENO, text);
  if (problem == EPIPE) throw ClosedPipe{};
  if (problem != 0) {
    throw CannotWrite{fmt::format("cannot write to standard output: {}", std::strerror(problem))};
  }
}

void write_error_line(std::string_view text) noexcept {
  try {
    write_all(STDERR_FILENO, fmt::format("{}\n", text));
  } catch (...) {  // out of memory: there is no way to say more
    write_all(STDERR_FILENO, text);
  }
}

}  // namespace stint::cli
