// The clocks of a program under test, as the file says that STINT_TEST_CLOCK_FILE names: three
// 64-bit numbers, which the test may change at any time. The wall clock is so many seconds ahead
// (the first), and it and CLOCK_BOOTTIME run faster by so many millionths (the second) since a
// moment of the true boot time (the third). CLOCK_MONOTONIC is left alone: threads wait by it.
// (libfaketime does not start under servers with an allocator of their own: it asks the loader for
// the real functions, and that allocates.)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Number = std::atomic<std::int64_t>;
static_assert(sizeof(Number) == sizeof(std::int64_t) && Number::is_always_lock_free);

struct Page {
  Number seconds_ahead;
  Number millionths_faster;
  Number faster_since;
};

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMillion = 1'000'000;

std::atomic<const Page*> page{nullptr};
std::array<std::atomic<bool>, 4096> is_boot_timer{};  // by descriptor

[[gnu::constructor]] void map_page() {
  const char* path = std::getenv("STINT_TEST_CLOCK_FILE");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped != MAP_FAILED) page.store(static_cast<const Page*>(mapped));
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

timespec as_timespec(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kSecond, .tv_nsec = nanoseconds % kSecond};
}

// How far a fast clock has got ahead.
std::int64_t drift(const Page& clock) {
  const std::int64_t faster = clock.millionths_faster.load();
  if (faster == 0) return 0;
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  return (nanoseconds(now) - clock.faster_since.load()) / kMillion * faster;
}

// The true time at which the fast clock shows this.
timespec true_time(const Page& clock, const timespec& shown) {
  const std::int64_t since = clock.faster_since.load();
  const std::int64_t passed = nanoseconds(shown) - since;
  if (passed <= 0) return shown;
  return as_timespec(since + passed / (kMillion + clock.millionths_faster.load()) * kMillion);
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names
extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long failed = ::syscall(SYS_clock_gettime, clock, now);
  if (failed != 0) return -1;
  const Page* shown = page.load();
  if (shown == nullptr) return 0;
  const bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (is_wall || clock == CLOCK_BOOTTIME) *now = as_timespec(nanoseconds(*now) + drift(*shown));
  if (is_wall) now->tv_sec += shown->seconds_ahead.load();
  return 0;
}

int gettimeofday(timeval* now, void* /*zone*/) noexcept {
  timespec exact{};
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* result) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (result != nullptr) *result = exact.tv_sec;
  return exact.tv_sec;
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  const int timer = static_cast<int>(::syscall(SYS_timerfd_create, clock, flags));
  if (timer >= 0 && static_cast<std::size_t>(timer) < is_boot_timer.size()) {
    is_boot_timer[static_cast<std::size_t>(timer)] = clock == CLOCK_BOOTTIME;
  }
  return timer;
}

int timerfd_settime(int timer, int flags, const itimerspec* at, itimerspec* before) noexcept {
  itimerspec really = *at;
  const Page* shown = page.load();
  const auto index = static_cast<std::size_t>(timer);
  if (shown != nullptr && shown->millionths_faster.load() != 0 && timer >= 0 &&
      index < is_boot_timer.size() && is_boot_timer[index] && (flags & TFD_TIMER_ABSTIME) != 0) {
    really.it_value = true_time(*shown, at->it_value);
  }
  return static_cast<int>(::syscall(SYS_timerfd_settime, timer, flags, &really, before));
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
