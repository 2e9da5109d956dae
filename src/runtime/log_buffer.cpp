#include "runtime/log_buffer.hpp"
#include <iterator>
#include <utility>
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::size_t kMostWithPrinted = 4 * kMostBytes;

}  // namespace

void LogBuffer::add(NewLogLine line) {
  const std::size_t most = line.source == LogSource::kLog ? kMostBytes : kMostWithPrinted;
  MutexLock lock{mutex_};
  while (bytes_ > most && !closed_) has_room_.wait(lock);
  if (closed_) return;
  bytes_ += line.text.size() + sizeof line;
  lines_.push_back(std::move(line));
}

bool LogBuffer::has_room() {
  const MutexLock lock{mutex_};
  return bytes_ < kMostBytes || closed_;
}

void LogBuffer::flush(Store& store) {
  const MutexLock one_at_a_time{flushing_};
  std::vector<NewLogLine> lines;
  {
    const MutexLock lock{mutex_};
    if (lines_.empty()) return;
    lines.swap(lines_);
    bytes_ = 0;
    has_room_.notify_all();
  }
  try {
    store.append_log(lines);
  } catch (const Error& error) {
    if (!error.retryable()) {
      // These lines will never be taken; they must not hold up the jobs' results.
      log_error("worker", "{} lines of jobs' logs were refused: {}", lines.size(), error.what());
      return;
    }
    const MutexLock lock{mutex_};
    for (const NewLogLine& line : lines) bytes_ += line.text.size() + sizeof line;
    lines_.insert(lines_.begin(), std::make_move_iterator(lines.begin()),
                  std::make_move_iterator(lines.end()));
    throw;
  }
}

void LogBuffer::close() {
  const MutexLock lock{mutex_};
  closed_ = true;
  lines_.clear();
  bytes_ = 0;
  has_room_.notify_all();
}

}  // namespace stint
