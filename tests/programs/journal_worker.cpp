// Work until SIGTERM: journal_worker STORE_URL JOURNAL SLOTS [TOML]. Its task writes down when each
// of its executions begins and ends, and returns the epoch.
#include <pthread.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include "stint/stint.hpp"
#include "support/execution_journal.hpp"

namespace {

std::optional<stint::test::JournalWriter> journal;

std::int64_t run_journaled(stint::Job& job, int ms) {
  journal->write(false, job.id(), job.epoch());
  job.sleep_for(std::chrono::milliseconds{ms});
  journal->write(true, job.id(), job.epoch());
  return job.epoch().value;
}

}  // namespace

STINT_MODULE(killed, m) { m.task("job", run_journaled, {stint::arg("ms")}); }

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) return 2;
  try {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    journal.emplace(argv[2]);
    const stint::Settings settings =
        stint::load_settings({.toml = "[stores]\ndefault = \"" + std::string{argv[1]} + "\"\n" +
                                      (argc == 5 ? argv[4] : ""),
                              .use_environment = false},
                             {killed});
    stint::Worker worker{settings, {killed}, {.slots = std::atoi(argv[3])}};
    worker.start();
    std::puts("ready");
    std::fflush(stdout);
    int number = 0;
    ::sigwait(&ends, &number);
    return worker.drain() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "journal_worker: %s\n", error.what());
    return 1;
  }
}
