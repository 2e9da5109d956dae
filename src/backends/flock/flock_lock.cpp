#include "backends/flock/flock_lock.hpp"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <fmt/format.h>
#include "backends/flock/lock_file.hpp"
#include "base/boot_timer.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using flock_lock::LockFile;

// Told when the file is closed by a holder that ends, written by one that releases, or removed.
constexpr std::uint32_t kNews =
    IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr const char* kLogger = "lock";
constexpr int kLooks = 4;  // at the lock while nobody is named as its holder
constexpr std::chrono::milliseconds kBetweenLooks{3};
constexpr std::chrono::seconds kLongestWait{1};

class FlockLock final : public LockBackend {
 public:
  FlockLock(std::string directory, const std::string& key)
      : file_(std::move(directory), key),
        news_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!news_ || !interrupt_) {
      throw std::system_error{errno, std::generic_category(), "no descriptor to watch a lock by"};
    }
  }

  LockTraits traits() const override {
    return {.name = "flock",
            .is_exclusive = true,
            .has_lease = false,
            .is_observed = false,
            .promise =
                "exclusive among the processes of this machine; freed by the kernel when the "
                "holder and what it started have ended"};
  }

  LockAttempt acquire(const LockRequest& request) override {
    // One that was lost with its file must not speak for the file that is there now.
    held_.reset();
    watch();
    for (int look = 1; !file_.try_lock(); ++look) {
      // Someone who only looks may be in the way for a moment.
      if (look < kLooks) {
        BootTimer{}.wait_until(real_clock().boot_now() + kBetweenLooks);
        continue;
      }
      LockRecord holder = file_.read_record();
      if (!holder.owner) holder.owner = LockOwner{};
      return {.holder = std::move(holder)};
    }
    try {
      const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
          real_clock().system_now().time_since_epoch());
      const std::int64_t token = std::max<std::int64_t>(file_.read_record().token + 1, now.count());
      file_.write_record(request.owner, token);
      held_ = LockRecord{.owner = request.owner, .token = token};
      return {.is_acquired = true, .token = token};
    } catch (...) {
      file_.unlock();
      file_.touch();
      throw;
    }
  }

  bool renew(const LockHold& hold) override { return is_held_by(hold); }

  bool release(const LockHold& hold) override {
    if (!is_named(hold)) return false;
    const bool was_ours = file_.is_in_place();
    held_.reset();
    try {
      if (was_ours) file_.write_record(std::nullopt, hold.token);
    } catch (const Error& error) {
      // The kernel's word counts, and the record keeps the token.
      log_warning(kLogger, "the lock is freed, but its record still names us: {}", error.what());
    }
    file_.unlock();
    file_.touch();
    return was_ours;
  }

  LockRecord read() override {
    LockRecord record = file_.read_record();
    if (held_ && file_.is_in_place()) {
      // The kernel's word counts: a record that somebody has removed is written again.
      const bool names_us = record.owner && record.owner->id == held_->owner->id;
      if (!names_us || record.token != held_->token) file_.write_record(held_->owner, held_->token);
      return *held_;
    }
    if (!file_.is_locked()) {
      record.owner.reset();
    } else if (!record.owner) {
      record.owner = LockOwner{};
    }
    return record;
  }

  void force_release(std::string_view /*reason*/) override {
    throw Error{
        ErrorCode::kUsage,
        fmt::format("a lock of flock is the kernel's: end the process that holds {}, and it "
                    "is free",
                    file_.path())};
  }

  void wait(std::chrono::nanoseconds timeout) override {
    // Nobody tells of a folder above that is moved away.
    timeout = std::min<std::chrono::nanoseconds>(timeout, kLongestWait);
    std::array<pollfd, 2> waits = {pollfd{.fd = news_.get(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = interrupt_.get(), .events = POLLIN, .revents = 0}};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    ::poll(waits.data(), waits.size(),
           static_cast<int>(
               std::clamp<std::int64_t>(milliseconds, 0, std::int64_t{24} * 3600 * 1000)));
    eventfd_t told = 0;
    ::eventfd_read(interrupt_.get(), &told);
    std::array<char, 4096> events{};
    while (::read(news_.get(), events.data(), events.size()) > 0) {
    }
  }

  void interrupt() noexcept override { ::eventfd_write(interrupt_.get(), 1); }

  int inherited_descriptor() override { return file_.descriptor(); }

 private:
  bool is_named(const LockHold& hold) const {
    return held_ && held_->owner->id == hold.owner_id && held_->token == hold.token;
  }
  bool is_held_by(const LockHold& hold) const { return is_named(hold) && file_.is_in_place(); }

  // Before the lock is tried, so that no release between the try and the wait is missed. The name
  // is watched anew each time: it may be another file by now.
  void watch() { ::inotify_add_watch(news_.get(), file_.path().c_str(), kNews); }

  LockFile file_;
  UniqueFd news_;
  UniqueFd interrupt_;
  std::optional<LockRecord> held_;  // by this object
};

std::string default_directory(const BackendOptions& options) {
  if (auto given = options.find<std::string>("directory")) return *std::move(given);
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("{}.directory is not set, and without XDG_STATE_HOME and HOME there is no "
                  "default: set it, or one of them",
                  options.table)};
}

}  // namespace

std::unique_ptr<LockBackend> make_flock_lock(const BackendOptions& options) {
  return std::make_unique<FlockLock>(default_directory(options), options.key);
}

}  // namespace stint
