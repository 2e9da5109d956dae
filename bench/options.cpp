#include "options.hpp"
#include <cstdlib>
#include <CLI/CLI.hpp>

namespace stint::bench {
namespace {

// Small enough for ctest: every path is taken, no figure is worth reading.
void make_quick(Plan& plan) {
  plan.rounds = 1;
  plan.jobs = 1000;
  plan.one_by_one_seconds = 0.05;
  plan.latency_jobs = 3;
  plan.kills = 1;
  plan.aborts = 1;
  plan.lines = 100;
  plan.crowd = 2000;
  plan.held_seconds = 0.5;
}

}  // namespace

std::optional<Options> read_options(int argc, char** argv, int& exit_code) {
  Options options;
  Plan& plan = options.plan;
  plan.folder = std::filesystem::canonical("/proc/self/exe").parent_path();
  if (const char* url = std::getenv("STINT_TEST_POSTGRES")) plan.postgres_url = url;

  CLI::App app{"Measure Stint beside the raw floors of both stores, in turns.", "stint_bench"};
  int rounds = 0;
  int jobs = 0;
  app.add_option("--rounds", rounds, "How often each contestant takes its turn (5)")
      ->check(CLI::Range(1, 100));
  app.add_option("--seconds", plan.most_seconds, "Leave rounds out that would take longer (270)")
      ->check(CLI::Range(1.0, 1e6));
  app.add_option("--jobs", jobs, "Jobs of each bulk enqueue and drain (20000)")
      ->check(CLI::Range(1000, 1'000'000));
  app.add_option("--only", plan.only, "Only figures whose name matches, e.g. 'postgres/dr'");
  app.add_flag("--quick", plan.quick, "One small round of everything, to see that it works");
  app.add_option("--json", plan.json_file, "Write every sample to this file too");
  app.add_option("--folder", plan.folder, "Where SQLite's files go: a real disk, no tmpfs")
      ->check(CLI::ExistingDirectory);
  app.add_option("--aborts", plan.aborts, "Aborts a round (4); 200 in all prove the stop ladder")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--crowd", plan.crowd,
                 "Measure beside so many jobs (0: not; 1000000 takes 6 GB and minutes)")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--held", plan.held_seconds, "Seconds that a transaction is held open beside (10)")
      ->check(CLI::Range(0.5, 3600.0));
  app.add_option("--worker", options.worker.store)->group("");
  app.add_option("--isolation", options.worker.isolation)->group("");
  app.add_option("--slots", options.worker.slots)->group("");
  app.add_flag("--serve", options.worker.serves)->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  if (plan.quick) make_quick(plan);
  if (rounds > 0) plan.rounds = rounds;
  // Whole bulks only, so that every contestant enqueues the same.
  if (jobs > 0) plan.jobs = (jobs + plan.bulk - 1) / plan.bulk * plan.bulk;
  return options;
}

}  // namespace stint::bench
