// The wall clock of a server under test: the right one and as many seconds as the file says that
// STINT_TEST_CLOCK_FILE names (a 64-bit number, which the test may change at any time). Other
// clocks are left alone. (libfaketime does not start under servers with an allocator of their own:
// it asks the loader for the real functions, and that allocates.)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Seconds = std::atomic<std::int64_t>;
static_assert(sizeof(Seconds) == sizeof(std::int64_t) && Seconds::is_always_lock_free);

std::atomic<const Seconds*> offset{nullptr};

[[gnu::constructor]] void map_offset() {
  const char* path = std::getenv("STINT_TEST_CLOCK_FILE");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* page = ::mmap(nullptr, sizeof(Seconds), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (page != MAP_FAILED) offset.store(static_cast<const Seconds*>(page));
}

time_t seconds_ahead() {
  const Seconds* seconds = offset.load();
  return seconds != nullptr ? seconds->load() : 0;
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names
extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long failed = ::syscall(SYS_clock_gettime, clock, now);
  if (failed != 0) return -1;
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += seconds_ahead();
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

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
