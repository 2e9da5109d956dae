// The smallest tasks there are: for measuring Stint itself, and for tests that kill workers.
//
//   noop enqueue noop.run
//   noop enqueue noop.sleep ms=50
//   noop worker run --drain
#include <chrono>
#include <stint/stint.hpp>

namespace {

void sleep_a_while(stint::Job& job, long ms) { job.sleep_for(std::chrono::milliseconds{ms}); }

}  // namespace

STINT_MODULE(noop, m) {
  m.task("run", [] {}, {}, {.doc = "Does nothing."});
  m.task("sleep", sleep_a_while, {stint::arg("ms").help("how long, in milliseconds") = 50},
         {.doc = "Sleeps."});
}

int main(int argc, char** argv) { return stint::main(argc, argv, {noop}); }
