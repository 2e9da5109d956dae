#include "worker_process.hpp"
#include <iostream>
#include <string>
#include "meter.hpp"
#include "stint/stint.hpp"

namespace stint::bench {

std::atomic<std::chrono::steady_clock::rep> stamp{0};

STINT_MODULE(noop, m) {
  m.task("run", [] {});
  m.task("stamp", [] {
    stamp = std::chrono::steady_clock::now().time_since_epoch().count();
    stamp.notify_all();
  });
}

Settings settings_for(const std::string& store_url) {
  return load_settings(
      {.toml = "", .command_line = {{"stores.default", store_url}}, .use_environment = false});
}

int run_worker_process(const std::string& store_url) {
  Worker worker{settings_for(store_url), {noop}};
  std::cout << "ready\n" << std::flush;
  std::string line;
  if (!std::getline(std::cin, line) || line != "go") return 2;
  const double cpu_before = own_cpu_seconds();
  worker.start();
  worker.wait_idle();
  std::cout << "done " << own_cpu_seconds() - cpu_before << '\n' << std::flush;
  worker.stop();
  return 0;
}

}  // namespace stint::bench
