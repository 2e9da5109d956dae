#include "process/output_capture.hpp"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{256} << 10;
constexpr std::size_t kMostOfATurn = std::size_t{1} << 20;
// All pipes of an account may hold 64 MiB by default, and then even new ones become tiny. With this
// 128 jobs at a time fit.
constexpr int kPipeBytes = 256 << 10;
// What a pipe holds as it is made: one that was found so full is worth to be made larger.
constexpr std::size_t kSmallPipeBytes = std::size_t{64} << 10;

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error{ErrorCode::kUnavailable,
                "no pipe for a job's output: " + std::generic_category().message(errno)};
  }
  std::pair<UniqueFd, UniqueFd> pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
  // The ends do not share this flag: the process that writes keeps a pipe that waits.
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

}  // namespace

OutputCapture::OutputCapture(CaptureLimits limits, Sink sink, const Clock& clock)
    : clock_(clock), lines_(limits, std::move(sink)) {
  for (Pipe* pipe : {&out_, &error_}) std::tie(pipe->read_end, pipe->write_end) = make_pipe();
}

void OutputCapture::close_write_ends() {
  out_.write_end.reset();
  error_.write_end.reset();
}

void OutputCapture::read(Pipe& pipe, std::size_t most) {
  // One for all captures of a thread: to make and clear it for each job takes longer than the job.
  thread_local std::vector<char> buffer(kReadAtOnce);
  while (most > 0 && pipe.read_end) {
    const ssize_t count = ::read(pipe.read_end.get(), buffer.data(), std::min(most, buffer.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      pipe.read_end.reset();
      lines_.flush(pipe.stream);
      return;
    }
    const auto length = static_cast<std::size_t>(count);
    if (length >= kSmallPipeBytes && !std::exchange(pipe.is_large, true)) {
      ::fcntl(pipe.read_end.get(), F_SETPIPE_SZ, kPipeBytes);  // refused: it stays as it is
    }
    lines_.add(pipe.stream, {buffer.data(), length}, clock_.boot_now());
    most -= length;
  }
}

void OutputCapture::read_some() {
  read(out_, kMostOfATurn);
  read(error_, kMostOfATurn);
  lines_.flush_due(clock_.boot_now());
}

void OutputCapture::finish() {
  if (std::exchange(is_finished_, true)) return;
  close_write_ends();
  for (Pipe* pipe : {&out_, &error_}) {
    // No more than is there now: who still holds the pipe might write for ever.
    int waiting = 0;
    if (pipe->read_end && ::ioctl(pipe->read_end.get(), FIONREAD, &waiting) == 0 && waiting > 0) {
      read(*pipe, static_cast<std::size_t>(waiting));
    }
    pipe->read_end.reset();
  }
  lines_.finish();
}

}  // namespace stint
