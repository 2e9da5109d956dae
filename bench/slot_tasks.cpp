#include "slot_tasks.hpp"
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <fmt/format.h>
#include "slot_page.hpp"
#include "stint/stint.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t now() { return Clock::now().time_since_epoch().count(); }

void say_begun() {
  slot_page().process = ::getpid();
  set(slot_page().begun_at, now());
}

void hold(Job& job) {
  say_begun();
  try {
    while (slot_page().release == 0) job.sleep_for(std::chrono::milliseconds{1});
  } catch (const Stopped&) {
    set(slot_page().stop_seen_at, now());
    throw;
  }
}

[[noreturn]] void ignore_everything() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  say_begun();
  for (;;) asm volatile("");
}

std::uint64_t do_work(std::int64_t amount) {
  std::uint64_t state = 88'172'645'463'325'252U;
  for (std::int64_t i = 0; i < amount; ++i) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    asm volatile("" : "+r"(state));
  }
  return state;
}

void talk(Job& job, int lines, std::int64_t work, const std::string& to) {
  const auto begun_at = Clock::now();
  std::uint64_t sum = 0;
  for (int i = 0; i < lines; ++i) {
    sum += do_work(work);
    const std::string line = fmt::format("line {} of {}, the sum is {}", i, lines, sum);
    if (to == "log") job.log().write(LogLevel::kInfo, line);
    if (to == "print") {
      std::puts(line.c_str());
      std::fflush(stdout);
    }
  }
  set(slot_page().took, (Clock::now() - begun_at).count());
}

}  // namespace

STINT_MODULE(slots, m) {
  m.task("stamp", say_begun);
  m.task("hold", hold);
  m.task("deaf", ignore_everything);
  m.task("talk", talk, {arg("lines"), arg("work"), arg("to").one_of("nowhere", "log", "print")});
}

std::int64_t work_of(std::chrono::nanoseconds time) {
  constexpr std::int64_t kTried = 20'000'000;
  const auto begun_at = Clock::now();
  do_work(kTried);
  const std::chrono::duration<double> took = Clock::now() - begun_at;
  return static_cast<std::int64_t>(std::chrono::duration<double>(time) / took * kTried);
}

}  // namespace stint::bench
