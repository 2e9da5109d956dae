/// A page of memory that the bench shares with the processes in which its jobs run.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>

namespace stint::bench {

/// Moments are counts of std::chrono::steady_clock, the same in all processes; 0: not yet.
struct SlotPage {
  std::atomic<std::int64_t> begun_at;      ///< the first line of the task
  std::atomic<std::int64_t> stop_seen_at;  ///< the task was told to stop
  std::atomic<std::int64_t> took;          ///< how long the task was busy
  std::atomic<std::int32_t> process;       ///< the process of the task
  std::atomic<std::uint32_t> release;      ///< 1: the task may end
  std::atomic<std::uint32_t> changes;
};

/// Make the page, in a new file of the folder, for this process and all that it starts.
void make_slot_page(const std::filesystem::path& folder);
/// The page that this process or the one that started it has made. Throws if there is none.
SlotPage& slot_page();

/// Set a member of the page and wake who waits for it.
template <typename T>
void set(std::atomic<T>& member, T value);
/// Forget what the last job said.
void clear_slot_page();
/// Wait until a moment of the page is set, and return it. Throws after 20 s.
std::chrono::steady_clock::time_point wait_until_set(const std::atomic<std::int64_t>& moment);

namespace detail {
void wake_waiters();
}
template <typename T>
void set(std::atomic<T>& member, T value) {
  member = value;
  detail::wake_waiters();
}

}  // namespace stint::bench
