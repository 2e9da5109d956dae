#include "runtime/burst_page.hpp"
#include <sys/mman.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include "base/test_point.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::size_t kEndBytes = std::size_t{64} << 10;

/// How far a burst has come, in one word: the worker's taking back and the process's next step
/// decide between them by one exchange.
struct Progress {
  std::uint16_t begun = 0;
  std::uint16_t limit = 0;  // so many may begin
  std::uint16_t ends = 0;   // that were left in the page

  static Progress of(std::uint64_t word) {
    return {static_cast<std::uint16_t>(word >> 32), static_cast<std::uint16_t>(word >> 16),
            static_cast<std::uint16_t>(word)};
  }
  std::uint64_t word() const {
    return std::uint64_t{begun} << 32 | std::uint64_t{limit} << 16 | std::uint64_t{ends};
  }
};

/// Change the word if `step` agrees: it changes the progress it is given, or says no.
template <typename Step>
bool take_step(std::atomic<std::uint64_t>& word, const Step& step) {
  std::uint64_t known = word.load();
  for (;;) {
    Progress progress = Progress::of(known);
    if (!step(progress)) return false;
    if (word.compare_exchange_weak(known, progress.word())) return true;
  }
}

[[noreturn]] void fail(const char* what) {
  throw Error{
      ErrorCode::kUnavailable,
      fmt::format("cannot {} memory shared with a slot process: {}", what, std::strerror(errno)),
      {.retryable = true}};
}

}  // namespace

struct BurstPage::Map {
  std::atomic<std::uint64_t> progress;
  std::array<char, kEndBytes> bytes;  // each end: its size in four bytes, then itself
};
// Both sides are the same program, and the word needs no lock that one of them could hold.
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

UniqueFd make_burst_page() {
  UniqueFd memory{::memfd_create("stint-burst", MFD_CLOEXEC)};
  if (!memory) fail("make");
  // All bytes are 0, which is a burst of no jobs.
  if (::ftruncate(memory.get(), static_cast<off_t>(BurstPage::bytes())) != 0) fail("size");
  return memory;
}

std::size_t BurstPage::bytes() { return sizeof(Map); }

BurstPage::BurstPage(const UniqueFd& memory) {
  void* const address =
      ::mmap(nullptr, sizeof(Map), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (address == MAP_FAILED) fail("map");
  map_ = static_cast<Map*>(address);
}

BurstPage::~BurstPage() { ::munmap(map_, sizeof(Map)); }

void BurstPage::reset(std::size_t jobs) {
  at_ = 0;
  taken_ = 0;
  map_->progress.store(Progress{0, static_cast<std::uint16_t>(jobs), 0}.word());
}

std::size_t BurstPage::recall() {
  close();
  return begun();
}

std::size_t BurstPage::begun() const { return Progress::of(map_->progress.load()).begun; }

std::optional<std::string> BurstPage::take_end() {
  if (taken_ >= Progress::of(map_->progress.load()).ends) return std::nullopt;
  std::uint32_t size = 0;
  if (sizeof size > kEndBytes - at_) return std::nullopt;
  std::memcpy(&size, map_->bytes.data() + at_, sizeof size);
  at_ += sizeof size;
  if (size > kEndBytes - at_) return std::nullopt;
  std::string end{map_->bytes.data() + at_, size};
  at_ += size;
  ++taken_;
  return end;
}

bool BurstPage::begin_next() {
  STINT_TEST_POINT("burst.before_begin");
  const bool has_begun = take_step(map_->progress, [this](Progress& progress) {
    if (progress.begun >= progress.limit) return false;
    if (progress.begun == 0) at_ = 0;
    ++progress.begun;
    return true;
  });
  STINT_TEST_POINT("burst.after_begin");
  return has_begun;
}

bool BurstPage::is_sound(std::size_t begun, std::size_t jobs) const {
  const Progress now = Progress::of(map_->progress.load());
  return now.begun == begun && now.ends == begun && (now.limit == begun || now.limit == jobs);
}

bool BurstPage::leave_end(std::string_view end) {
  STINT_TEST_POINT("burst.before_end");
  const auto size = static_cast<std::uint32_t>(end.size());
  if (sizeof size + end.size() > kEndBytes - at_) return false;
  std::memcpy(map_->bytes.data() + at_, &size, sizeof size);
  std::memcpy(map_->bytes.data() + at_ + sizeof size, end.data(), end.size());
  const bool is_left = take_step(map_->progress, [](Progress& progress) {
    if (progress.begun >= progress.limit) return false;
    ++progress.ends;
    return true;
  });
  if (is_left) at_ += sizeof size + end.size();
  return is_left;
}

void BurstPage::close() {
  take_step(map_->progress, [](Progress& progress) {
    progress.limit = progress.begun;
    return true;
  });
}

}  // namespace stint
