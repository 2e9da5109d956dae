// Work until SIGTERM and write each event as a line of JSON: event_worker STORE_URL TOML.
#include <pthread.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include "stint/stint.hpp"

namespace {

void wait_long(stint::Job& job) { job.sleep_for(std::chrono::hours{1}); }

void print(const stint::WorkerEvent& event) {
  const stint::json line{{"kind", stint::to_string(event.kind)},
                         {"worker", event.worker.value},
                         {"job", event.job.value},
                         {"rescued", event.rescued.value},
                         {"crashed", event.crashed},
                         {"interrupted", event.interrupted},
                         {"failed", event.failed}};
  std::puts(line.dump().c_str());
  std::fflush(stdout);
}

}  // namespace

STINT_MODULE(e, m) {
  m.task("wait", wait_long);
  m.task("wait_once", wait_long, {}, {.at_most_once = true});
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    const stint::Settings settings = stint::load_settings(
        {.toml = "[stores]\ndefault = \"" + std::string{argv[1]} + "\"\n" + argv[2],
         .use_environment = false},
        {e});
    stint::Worker worker{settings, {e}, {.slots = 2, .on_event = print}};
    worker.start();
    int number = 0;
    ::sigwait(&ends, &number);
    worker.stop();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "event_worker: %s\n", error.what());
    return 1;
  }
}
