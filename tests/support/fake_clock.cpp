#include "support/fake_clock.hpp"
#include <fstream>
#include <stdexcept>
#include <utility>
#include "support/lock_journal.hpp"

namespace stint::test {

FakeClock::FakeClock(std::filesystem::path file) : file_(std::move(file)) {
  if (!std::filesystem::exists(file_)) std::ofstream{file_};
  std::filesystem::permissions(file_, std::filesystem::perms{0644});
  for (const int place : {0, 1, 2}) write(place, 0);
}

std::map<std::string, std::string> FakeClock::environment() const {
  return {{"LD_PRELOAD", std::string{STINT_TEST_PROGRAM_DIR} + "/fake_clock.so"},
          {"STINT_TEST_CLOCK_FILE", file_.string()},
          // What is loaded first need not be the sanitizer's.
          {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
}

void FakeClock::set_ahead(std::chrono::seconds ahead) const { write(0, ahead.count()); }

void FakeClock::run_faster(std::int64_t millionths) const {
  write(2, true_boot_now().count());
  write(1, millionths);
}

void FakeClock::write(int place, std::int64_t number) const {
  // In place: programs have the file in their memory.
  std::fstream file{file_, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>(place) * static_cast<std::streamoff>(sizeof number));
  file.write(reinterpret_cast<const char*>(&number), sizeof number);  // NOLINT: as bytes
  if (!file.flush()) throw std::runtime_error{"cannot set " + file_.string()};
}

}  // namespace stint::test
