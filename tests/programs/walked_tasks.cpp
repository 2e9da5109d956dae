// A program whose processes can be killed at every place between two messages. KILL_AT="ROLE N":
// the first process of that role ("worker", "keeper", "slot") that comes to its N-th such place
// makes the file `killed` in the working folder and dies. Its tasks say all that a job can say, and
// write down in the file `journal` when they begin and end.
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <stint/stint.hpp>
#include "base/test_point.hpp"
#include "process/keeper_process.hpp"
#include "runtime/slot_program.hpp"
#include "support/execution_journal.hpp"

namespace {

using stint::test::JournalWriter;

std::string role_of(int argc, char** argv) {
  if (stint::slot_channel(argc, argv)) return "slot";
  const bool is_keeper = argc == 2 && std::string_view{argv[1]}.starts_with(stint::kKeeperArgument);
  return is_keeper ? "keeper" : "worker";
}

/// Die at the N-th call, unless another process of this folder did.
class Killer final {
 public:
  explicit Killer(int place) : left_(place) {}
  void operator()() {
    if (left_.fetch_sub(1) != 1) return;
    if (::open("killed", O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0) ::raise(SIGKILL);
  }

 private:
  std::atomic<int> left_;
};

constexpr std::array kPoints{"channel.before_send", "channel.after_packet", "channel.after_receive",
                             "burst.before_begin",  "burst.after_begin",    "burst.before_end"};

void arm_if_asked(const std::string& role) {
  const char* text = std::getenv("KILL_AT");
  if (text == nullptr) return;
  std::istringstream words{text};
  std::string wanted;
  int place = 0;
  if (!(words >> wanted >> place) || wanted != role) return;
  // Never destroyed: threads may come here until the last moment.
  static Killer killer{place};
  static std::array<stint::ArmedTestPoint*, kPoints.size()> points{};
  std::ranges::transform(kPoints, points.begin(), [](const char* point) {
    return new stint::ArmedTestPoint{point, [] { killer(); }};
  });
}

void note(bool is_end, const stint::Job& job) {
  static const JournalWriter journal{"journal"};  // kept open: a quick job stays quick
  journal.write(is_end, job.id(), job.epoch());
}

std::int64_t run_short(stint::Job& job) {
  note(false, job);
  note(true, job);
  return job.epoch().value;
}

std::int64_t run_long(stint::Job& job, const std::string& text) {
  note(false, job);
  job.log().info("begin");
  std::cout << "printed\n" << std::flush;
  job.progress(0.25, "a quarter");
  job.enqueue("w.child");
  job.log().info("a line of {}", text);
  job.progress(0.75, "three quarters");
  note(true, job);
  return job.epoch().value;
}

}  // namespace

STINT_MODULE(w, m) {
  m.task("long", run_long, {stint::arg("text")});
  m.task("next", run_short);
  m.task("child", run_short);
}

int main(int argc, char** argv) {
  arm_if_asked(role_of(argc, argv));
  return stint::main(argc, argv, {w});
}
