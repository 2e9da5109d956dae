#include "backends/sqlite/turn.hpp"
#include <fcntl.h>
#include <cerrno>
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

void wait_for_lock(const std::string& path, int descriptor, Byte byte) {
  while (set_lock(descriptor, F_OFD_SETLKW, F_WRLCK, byte) != 0) {
    if (errno == EINTR) continue;
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

Turn::Turn(const std::string& path) : path_(path), file_(open_beside(path)) {}

void Turn::take() {
  wait_for_lock(path_, file_.get(), kNext);
  try {
    wait_for_lock(path_, file_.get(), kTurn);
  } catch (...) {
    set_lock(file_.get(), F_OFD_SETLK, F_UNLCK, kNext);
    throw;
  }
  set_lock(file_.get(), F_OFD_SETLK, F_UNLCK, kNext);
}

void Turn::give() noexcept { set_lock(file_.get(), F_OFD_SETLK, F_UNLCK, kTurn); }

}  // namespace stint::sqlite
