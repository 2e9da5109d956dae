#include "slot_page.hpp"
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include "base/unique_fd.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Slots have the environment of their worker. Not STINT_...: that would be a setting.
constexpr const char* kVariable = "BENCH_SLOT_PAGE";

constexpr std::chrono::seconds kLongestWait{20};

void* map_page(const char* path, int flags) {
  const UniqueFd file{::open(path, O_RDWR | O_CLOEXEC | flags, 0600)};
  if (!file || ::ftruncate(file.get(), sizeof(SlotPage)) != 0) {
    throw std::system_error{errno, std::generic_category(), std::string{"cannot open "} + path};
  }
  void* const page =
      ::mmap(nullptr, sizeof(SlotPage), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (page == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "mmap"};
  return page;
}

void* map_page_of_environment() {
  const char* path = std::getenv(kVariable);
  if (path == nullptr) throw std::runtime_error{std::string{kVariable} + " is not set"};
  return map_page(path, 0);
}

// Not std::atomic's own wait, which knows only the threads of one process.
long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* timeout) {
  return ::syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

}  // namespace

void make_slot_page(const std::filesystem::path& folder) {
  const std::string path = (folder / "slot-page").string();
  new (map_page(path.c_str(), O_CREAT)) SlotPage{};
  ::setenv(kVariable, path.c_str(), 1);
}

SlotPage& slot_page() {
  static auto* const page = static_cast<SlotPage*>(map_page_of_environment());
  return *page;
}

void clear_slot_page() {
  SlotPage& page = slot_page();
  page.begun_at = 0;
  page.stop_seen_at = 0;
  page.took = 0;
  page.process = 0;
  page.release = 0;
}

Clock::time_point wait_until_set(const std::atomic<std::int64_t>& moment) {
  const Clock::time_point end = Clock::now() + kLongestWait;
  const timespec step{.tv_sec = 1, .tv_nsec = 0};
  SlotPage& page = slot_page();
  for (;;) {
    const std::uint32_t seen = page.changes;
    if (const std::int64_t found = moment; found != 0) {
      return Clock::time_point{Clock::duration{found}};
    }
    if (Clock::now() > end) throw std::runtime_error{"a job did nothing for 20 s"};
    futex(page.changes, FUTEX_WAIT, seen, &step);
  }
}

void detail::wake_waiters() {
  std::atomic<std::uint32_t>& changes = slot_page().changes;
  ++changes;
  futex(changes, FUTEX_WAKE, INT32_MAX, nullptr);
}

}  // namespace stint::bench
