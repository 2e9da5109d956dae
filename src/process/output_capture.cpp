#include "process/output_capture.hpp"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <tuple>
#include <utility>
#include <vector>
#include "base/errno_text.hpp"
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
                "no pipe for a job's output: " + errno_text(errno),
                {.retryable = true}};
  }
  std::pair<UniqueFd, UniqueFd> pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
  // The ends do not share this flag: the process that writes keeps a pipe that waits.
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

/// The bytes that wait in a pipe; 0 if it is closed.
std::size_t waiting_in(const UniqueFd& pipe) {
  int waiting = 0;
  if (!pipe || ::ioctl(pipe.get(), FIONREAD, &waiting) != 0) return 0;
  return static_cast<std::size_t>(std::max(waiting, 0));
}

}  // namespace

OutputPipes OutputPipes::make() {
  OutputPipes pipes;
  std::tie(pipes.out_read, pipes.out_write) = make_pipe();
  std::tie(pipes.error_read, pipes.error_write) = make_pipe();
  return pipes;
}

void OutputPipes::close_write_ends() {
  out_write.reset();
  error_write.reset();
}

bool OutputPipes::has_waiting() const {
  return waiting_in(out_read) > 0 || waiting_in(error_read) > 0;
}

OutputCapture::OutputCapture(CaptureLimits limits, Sink sink, const Clock& clock)
    : OutputCapture(OutputPipes::make(), limits, std::move(sink), clock) {}

OutputCapture::OutputCapture(OutputPipes pipes, CaptureLimits limits, Sink sink, const Clock& clock)
    : clock_(clock), pipes_(std::move(pipes)), lines_(limits, std::move(sink)) {}

UniqueFd& OutputCapture::read_end(OutputStream stream) {
  return stream == OutputStream::kOut ? pipes_.out_read : pipes_.error_read;
}

void OutputCapture::read(OutputStream stream, std::size_t most) {
  UniqueFd& pipe = read_end(stream);
  // One for all captures of a thread: to make and clear it for each job takes longer than the job.
  thread_local std::vector<char> buffer(kReadAtOnce);
  while (most > 0 && pipe) {
    const ssize_t count = ::read(pipe.get(), buffer.data(), std::min(most, buffer.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      pipe.reset();
      lines_.flush(stream);
      return;
    }
    const auto length = static_cast<std::size_t>(count);
    bool& is_large = is_large_.at(stream == OutputStream::kOut ? 0 : 1);
    if (length >= kSmallPipeBytes && !std::exchange(is_large, true)) {
      ::fcntl(pipe.get(), F_SETPIPE_SZ, kPipeBytes);  // refused: it stays as it is
    }
    lines_.add(stream, {buffer.data(), length}, clock_.boot_now());
    most -= length;
  }
}

void OutputCapture::read_some() {
  read(OutputStream::kOut, kMostOfATurn);
  read(OutputStream::kError, kMostOfATurn);
  lines_.flush_due(clock_.boot_now());
}

void OutputCapture::finish() {
  if (std::exchange(is_finished_, true)) return;
  close_write_ends();
  for (const OutputStream stream : {OutputStream::kOut, OutputStream::kError}) {
    // No more than is there now: who still holds the pipe might write for ever.
    read(stream, waiting_in(read_end(stream)));
    read_end(stream).reset();
  }
  lines_.finish();
}

}  // namespace stint
