#include "worker_process.hpp"
#include <iostream>
#include <optional>
#include <string>
#include <fmt/format.h>
#include "meter.hpp"
#include "slot_tasks.hpp"
#include "stint/stint.hpp"

namespace stint::bench {
namespace {

int serve(const WorkerTask& task) {
  const Settings settings =
      settings_for(task.store, {{"worker.isolation", task.isolation},
                                {"worker.grace", fmt::format("{}ms", kServedGrace.count())}});
  Worker worker{settings, {noop, slots}, {.slots = 1}};
  worker.start();
  std::cout << "ready\n" << std::flush;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  worker.stop();
  return 0;
}

}  // namespace

std::atomic<std::chrono::steady_clock::rep> stamp{0};

STINT_MODULE(noop, m) {
  m.task("run", [] {});
  m.task("wait", [](Job& job) { job.sleep_for(std::chrono::milliseconds{2}); });
  m.task("carry", [](const std::string&) {}, {arg("text")});
  m.task("stamp", [] {
    stamp = std::chrono::steady_clock::now().time_since_epoch().count();
    stamp.notify_all();
  });
}

Settings settings_for(const std::string& store_url,
                      std::vector<std::pair<std::string, std::string>> more) {
  more.emplace_back("stores.default", store_url);
  return load_settings({.toml = "", .command_line = std::move(more), .use_environment = false});
}

int run_worker_process(const WorkerTask& task) {
  if (task.serves) return serve(task);
  std::optional<Worker> worker{
      std::in_place, settings_for(task.store, {{"worker.isolation", task.isolation}}),
      std::initializer_list<ModuleDefinition>{noop}, WorkerOptions{.slots = task.slots}};
  std::cout << "ready\n" << std::flush;
  std::string line;
  if (!std::getline(std::cin, line) || line != "go") return 2;
  const double cpu_before = own_cpu_seconds() + children_cpu_seconds();
  worker->start();
  worker->wait_idle();
  std::cout << "done\n" << std::flush;
  worker.reset();  // what its slots have used is known when they have ended
  std::cout << "cpu " << own_cpu_seconds() + children_cpu_seconds() - cpu_before << '\n'
            << std::flush;
  return 0;
}

}  // namespace stint::bench
