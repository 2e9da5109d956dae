#include "backends/sqlite/wake.hpp"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace stint::sqlite {
namespace {

using std::chrono::nanoseconds;
using SteadyClock = std::chrono::steady_clock;

// How often to look where the kernel gives no inotify (fs.inotify.max_user_instances).
constexpr auto kLookInterval = std::chrono::milliseconds{100};

// FNV-1a, so that every program finds the same slot.
std::size_t slot_of(std::string_view domain) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : domain) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return hash % WakeFile::kSlots;
}

// A value that the slot did not have before: no two events of the machine share a nanosecond and
// a process.
std::uint64_t new_value() {
  static std::atomic<std::uint64_t> count{0};
  const auto now = static_cast<std::uint64_t>(SteadyClock::now().time_since_epoch().count());
  const auto process = static_cast<std::uint64_t>(::getpid());
  return (now << 16U) ^ (process << 8U) ^ count.fetch_add(1, std::memory_order_relaxed);
}

void drain(int descriptor) {
  std::array<char, 4096> buffer;
  while (::read(descriptor, buffer.data(), buffer.size()) > 0) {
  }
}

class FileWakeUp final : public WakeUp {
 public:
  FileWakeUp(const std::string& path, std::span<const std::string> domains)
      : interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        file_(open_beside(path)) {
    if (!interrupt_) throw std::system_error{errno, std::generic_category(), "eventfd"};
    for (const std::string& domain : domains) slots_.push_back(slot_of(domain));
    slots_.push_back(request_slot_);
    if (inotify_ && ::inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY) < 0) {
      inotify_ = FileDescriptor{};
    }
    seen_ = read_slots();
  }

  void wait_for(nanoseconds timeout) override {
    // A deadline of years would overflow.
    const auto deadline =
        SteadyClock::now() + std::min<nanoseconds>(timeout, std::chrono::hours{24});
    while (!has_event()) {
      const nanoseconds left = deadline - SteadyClock::now();
      if (left <= nanoseconds{0}) return;
      if (watch(left)) return;
    }
  }

  bool take_request() override { return std::exchange(has_request_, false); }

  void interrupt() noexcept override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(interrupt_.get(), &one, sizeof one);
  }

 private:
  WakeFile::Slots read_slots() const {
    WakeFile::Slots slots{};
    [[maybe_unused]] const ssize_t got = ::pread(file_.get(), slots.data(), sizeof slots, 0);
    return slots;
  }

  // Whether one of our slots changed since the last look.
  bool has_event() {
    const WakeFile::Slots now = read_slots();
    const bool changed =
        std::ranges::any_of(slots_, [&](std::size_t slot) { return now[slot] != seen_[slot]; });
    if (now[request_slot_] != seen_[request_slot_]) has_request_ = true;
    seen_ = now;
    return changed;
  }

  // Sleep until the file was written to; true if somebody interrupted.
  bool watch(nanoseconds left) {
    std::array<pollfd, 2> watched{pollfd{interrupt_.get(), POLLIN, 0},
                                  pollfd{inotify_.get(), POLLIN, 0}};
    if (!inotify_) left = std::min<nanoseconds>(left, kLookInterval);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{seconds.count(), (left - seconds).count()};
    if (::ppoll(watched.data(), inotify_ ? 2 : 1, &limit, nullptr) <= 0) return false;
    if (watched[1].revents != 0) drain(inotify_.get());
    if (watched[0].revents == 0) return false;
    drain(interrupt_.get());
    return true;
  }

  FileDescriptor interrupt_;
  FileDescriptor inotify_;
  FileDescriptor file_;
  const std::size_t request_slot_ = slot_of(Wake::kRequest);
  std::vector<std::size_t> slots_;
  bool has_request_ = false;  // of the thread that waits
  WakeFile::Slots seen_{};
};

}  // namespace

WakeFile::WakeFile(const std::string& path) : path_(path), file_(open_beside(path)) {}

void WakeFile::notify(const std::set<std::string>& domains) noexcept {
  for (const std::string& domain : domains) {
    const std::uint64_t value = new_value();
    const auto offset = static_cast<off_t>(slot_of(domain) * sizeof value);
    // If it fails, sleepers find the job at their next look.
    [[maybe_unused]] const ssize_t written = ::pwrite(file_.get(), &value, sizeof value, offset);
  }
}

std::unique_ptr<WakeUp> WakeFile::make_wake_up(std::span<const std::string> domains) const {
  return std::make_unique<FileWakeUp>(path_, domains);
}

}  // namespace stint::sqlite
