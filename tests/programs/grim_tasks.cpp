// A program for tests of what a worker outlives: each execution appends "TASK PROCESS
// BOOT-TIME-IN-NS" to the file `starts` of the working folder.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <stint/stint.hpp>
#include "base/clock.hpp"
#include "base/unique_fd.hpp"

using namespace std::chrono_literals;
using stint::arg;

namespace {

void note_start(const char* task) {
  const stint::UniqueFd file{::open("starts", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)};
  const std::string line =
      fmt::format("{} {} {}\n", task, ::getpid(), stint::real_clock().boot_now().count());
  static_cast<void>(::write(file.get(), line.data(), line.size()));
}

void block_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

[[noreturn]] void sleep_on() {
  for (;;) ::pause();
}

void segfault() {
  note_start("segfault");
  ::signal(SIGSEGV, SIG_DFL);                // no report: it would be the same each time
  volatile int* volatile nowhere = nullptr;  // else the compiler takes it for impossible
  *nowhere = 1;
}

// Takes what it can get; nobody catches what it then throws.
void hog() noexcept {
  note_start("hog");
  constexpr rlim_t kMost = rlim_t{64} << 20;
  const rlimit limit{kMost, kMost};
  ::setrlimit(RLIMIT_DATA, &limit);
  std::vector<std::string> kept;
  for (;;) kept.emplace_back(std::size_t{1} << 20, 'x');
}

void deaf() {
  block_all_signals();
  note_start("deaf");
  sleep_on();
}

// The parent of a vfork waits in the kernel until the child, which blocks all signals but SIGKILL,
// executes a program or ends.
void wait_in_kernel() {
  block_all_signals();
  note_start("wait_in_kernel");
  if (::vfork() == 0) sleep_on();  // NOLINT(bugprone-unsafe-functions): that it waits is the point
}

void print(std::int64_t megabytes) {
  note_start("print");
  std::string block;
  while (block.size() < std::size_t{1} << 20) block += std::string(1023, 'y') + "\n";
  for (std::int64_t i = 0; i < megabytes; ++i) std::fwrite(block.data(), 1, block.size(), stdout);
  std::fflush(stdout);
}

// Two of them are at work at the same time, or none ends.
void meet(stint::Job& job, const std::string& place) {
  note_start("meet");
  const std::string own = fmt::format("{}.{}", place, job.id().value);
  std::fclose(std::fopen(own.c_str(), "w"));
  const auto others = [&] {
    return std::ranges::count_if(std::filesystem::directory_iterator{"."}, [&](const auto& entry) {
      return entry.path().filename().string().starts_with(place + ".");
    });
  };
  while (others() < 2) job.sleep_for(1ms);
}

}  // namespace

STINT_MODULE(g, m) {
  m.task("fine", [] { note_start("fine"); });
  m.task("segfault", segfault);
  m.task("hog", hog);
  m.task("exit", [] { ::_exit(3); });
  m.task("deaf", deaf);
  m.task("wait_in_kernel", wait_in_kernel);
  m.task("print", print, {arg("megabytes")});
  m.task("meet", meet, {arg("place")});
}

int main(int argc, char** argv) { return stint::main(argc, argv, {g}); }
