// Measures Stint beside the raw floors of its stores; docs/benchmarks.md says what the figures
// mean.
#include "stint/main.hpp"
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <string>
#include <fmt/format.h>
#include "disk_probe.hpp"
#include "figures.hpp"
#include "options.hpp"
#include "report.hpp"
#include "slot_page.hpp"
#include "slot_tasks.hpp"
#include "summary.hpp"
#include "worker_process.hpp"

namespace stint::bench {

std::atomic<bool> interrupted{false};

namespace {

using Clock = std::chrono::steady_clock;

/// A new folder that goes with the object.
class OwnFolder final {
 public:
  explicit OwnFolder(const std::filesystem::path& parent) {
    std::string name = (parent / "bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error{errno, std::generic_category(), "cannot make " + name};
    }
    path_ = name;
  }
  ~OwnFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::vector<Figure> chosen_figures(const Plan& plan, std::vector<std::string>& notes) {
  std::vector<Figure> figures = all_figures(plan, notes);
  if (!plan.only.empty()) {
    const std::regex only{plan.only};
    std::erase_if(figures, [&](const Figure& one) { return !std::regex_search(one.name, only); });
  }
  return figures;
}

void tell(std::string_view what) {
  // One line that is written over; none in a file.
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\x1b[K{}", what);
}

void write_file(const std::string& name, const std::string& text) {
  std::ofstream file{name, std::ios::binary};
  file << text;
  if (!file.flush()) throw std::runtime_error{"cannot write " + name};
}

int run(Plan plan) {
  const OwnFolder folder{plan.folder};
  plan.folder = folder.path();
  make_slot_page(plan.folder);
  Report report{.plan = plan, .notes = {}, .disk = {}, .figures = {}};
  const std::vector<Figure> figures = chosen_figures(plan, report.notes);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>{plan.most_seconds});
  for (std::size_t i = 0; i < figures.size(); ++i) {
    report.disk.sync_ms.push_back(probe_disk(plan.folder));
    // What one does not need of its share of the time goes to those that follow.
    const auto left = static_cast<Clock::duration::rep>(figures.size() - i);
    const auto until = Clock::now() + (end - Clock::now()) / left;
    report.figures.push_back(measure(figures[i], plan.rounds, until, tell));
  }
  tell("");
  fmt::print("{}", to_table(report));
  if (!plan.json_file.empty()) write_file(plan.json_file, to_json(report));
  return 0;
}

int run_program(int argc, char** argv) {
  int exit_code = 0;
  const auto options = read_options(argc, argv, exit_code);
  if (!options) return exit_code;
  const auto note_interrupt = [](int) { interrupted = true; };
  std::signal(SIGINT, note_interrupt);
  std::signal(SIGTERM, note_interrupt);
  try {
    if (!options->worker.store.empty()) return run_worker_process(options->worker);
    return run(options->plan);
  } catch (const Interrupted&) {
    fmt::print(stderr, "\ninterrupted\n");
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "\nstint_bench: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace stint::bench

int main(int argc, char** argv) {
  stint::serve_slot(argc, argv, {stint::bench::noop, stint::bench::slots});
  return stint::bench::run_program(argc, argv);
}
