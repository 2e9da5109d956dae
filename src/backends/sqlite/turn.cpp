#include "backends/sqlite/turn.hpp"
#include <fcntl.h>
#include <poll.h>
#include <cerrno>
#include <optional>
#include <system_error>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

// Two locks, each one byte of the file: who holds kNext is the next to hold kTurn. Whoever gives
// the turn away and wants it again finds kNext in the hands of one who waits, and comes after him.
enum Byte : off_t { kTurn = 0, kNext = 1 };

int set_lock(int descriptor, int command, short type, Byte byte) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return ::fcntl(descriptor, command, &lock);
}

using SteadyClock = std::chrono::steady_clock;
using Deadline = std::optional<SteadyClock::time_point>;

// The kernel wakes who waits for such a lock, but for no limited time.
constexpr std::chrono::milliseconds kLookEvery{2};

bool is_held(int error) { return error == EAGAIN || error == EACCES; }

// Until the next look. False: the deadline has passed.
bool rest(const Deadline& deadline) {
  if (SteadyClock::now() >= *deadline) return false;
  return ::poll(nullptr, 0, static_cast<int>(kLookEvery.count())) == 0 || errno == EINTR;
}

void wait_for_lock(const std::string& path, int descriptor, Byte byte, const Deadline& deadline) {
  const int command = deadline ? F_OFD_SETLK : F_OFD_SETLKW;
  while (set_lock(descriptor, command, F_WRLCK, byte) != 0) {
    if (errno == EINTR) continue;
    if (deadline && is_held(errno)) {
      if (rest(deadline)) continue;
      throw Error{ErrorCode::kUnavailable,
                  fmt::format("another program has the right to write, kept by {}, and does not "
                              "give it back: is it stopped? (fuser {})",
                              path, path),
                  {.retryable = true, .backend = "sqlite", .statement = "turn"}};
    }
    const std::error_code cause{errno, std::generic_category()};
    throw Error{ErrorCode::kUnavailable,
                fmt::format("cannot lock {}: {}; a store of SQLite must be on a local disk", path,
                            cause.message()),
                {.retryable = true,
                 .backend = "sqlite",
                 .statement = "turn",
                 .native_code = std::to_string(cause.value())}};
  }
}

}  // namespace

FileTurn::FileTurn(const std::string& path) : path_(path), file_(open_beside(path)) {}

void FileTurn::take(std::chrono::nanoseconds limit) {
  const Deadline deadline = limit.count() > 0 ? Deadline{SteadyClock::now() + limit} : std::nullopt;
  wait_for_lock(path_, file_.get(), kNext, deadline);
  try {
    wait_for_lock(path_, file_.get(), kTurn, deadline);
  } catch (...) {
    set_lock(file_.get(), F_OFD_SETLK, F_UNLCK, kNext);
    throw;
  }
  set_lock(file_.get(), F_OFD_SETLK, F_UNLCK, kNext);
}

void FileTurn::give() noexcept { set_lock(file_.get(), F_OFD_SETLK, F_UNLCK, kTurn); }

}  // namespace stint::sqlite
