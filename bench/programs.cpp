#include "programs.hpp"
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <fmt/format.h>
#include "child.hpp"
#include "stint/client.hpp"
#include "worker_process.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRuns = 5;

std::filesystem::path program(const char* name) {
  return std::filesystem::canonical("/proc/self/exe").parent_path() / name;
}

// Run to the end, several times, and note how long each took.
Sample time_runs(const std::vector<std::string>& argv) {
  Sample sample{.jobs = kRuns};
  for (int i = 0; i < kRuns; ++i) {
    const auto begun_at = Clock::now();
    Child child{argv};
    if (child.wait() != 0) throw std::runtime_error{argv[0] + " failed"};
    const std::chrono::duration<double, std::milli> took = Clock::now() - begun_at;
    sample.values.push_back(took.count());
  }
  return sample;
}

double resident_megabytes(pid_t pid) {
  std::ifstream file{fmt::format("/proc/{}/status", pid)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) * 1024 / 1e6;
  }
  throw std::runtime_error{fmt::format("process {} is gone", pid)};
}

// Let a worker do one job, so that all that it needs is loaded, and look at it when it waits.
Sample measure_memory(const StorePlace& place) {
  place.make_new();
  // By way of env, which becomes the worker: nothing but errors is worth a line here.
  Child worker{{"/usr/bin/env", "STINT_LOGGING_LEVEL=error", program("noop"), "worker", "run",
                "--store", place.url}};
  Client client{settings_for(place.url)};
  if (client.enqueue("noop.run").wait_for(std::chrono::seconds{20}) != JobState::kDone) {
    throw std::runtime_error{"the worker did nothing in 20 s"};
  }
  Sample sample{.jobs = 1, .values = {resident_megabytes(worker.pid())}};
  worker.terminate();
  if (const int code = worker.wait(); code != 0) {
    throw std::runtime_error{fmt::format("the worker ended with {}", code)};
  }
  return sample;
}

}  // namespace

std::vector<Figure> program_figures(const std::vector<NamedPlace>& places,
                                    std::vector<std::string>& notes) {
  std::vector<Figure> figures;
  if (!std::filesystem::exists(program("stint"))) {
    notes.emplace_back("the time of stint --help: the program stint is not built");
  } else {
    figures.push_back(
        {.name = "programs/help",
         .title = "from start to end of a program",
         .unit = Unit::kMilliseconds,
         .contestants = {{.name = "floor: true", .round = [] { return time_runs({"/bin/true"}); }},
                         {.name = "stint --help",
                          .round = [] { return time_runs({program("stint"), "--help"}); }}},
         .targets = {{.contestant = "stint --help", .limit = 20}}});
  }
  if (!std::filesystem::exists(program("noop"))) {
    notes.emplace_back("the memory of a worker: the example noop is not built");
  } else {
    Figure memory{.name = "programs/idle-worker",
                  .title = "resident memory of a worker that waits",
                  .unit = Unit::kMegabytes};
    for (const auto& [name, place] : places) {
      memory.contestants.push_back(
          {.name = name, .round = [at = place] { return measure_memory(at); }});
      memory.targets.push_back({.contestant = name, .limit = 15});
    }
    figures.push_back(std::move(memory));
  }
  return figures;
}

}  // namespace stint::bench
