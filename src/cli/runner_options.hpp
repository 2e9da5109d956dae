/// The options of a runner: from the command line, over the environment, over the file.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include "base/service_socket.hpp"
#include "cli/options.hpp"
#include "runtime/loop_rules.hpp"
#include "stint/settings.hpp"

namespace stint::cli {

/// What the line says; what it does not say is unset.
struct RunnerLine {
  std::optional<bool> run_once = {};
  std::optional<bool> keep_lock = {};
  std::optional<bool> release_on_error = {};
  std::optional<bool> disable_one_instance = {};
  std::optional<std::chrono::nanoseconds> sleep_interval = {};
  std::optional<std::chrono::nanoseconds> run_interval = {};
  std::optional<std::chrono::nanoseconds> wait = {};
  std::string lock_name = {};

  void declare(OptionTable& options);
  /// Whether it asks for more than one plain run.
  bool asks_for_runner() const;
};

/// What holds for this run of the program.
struct RunnerChoice {
  LoopRules rules = {};
  bool disable_one_instance = false;
  std::chrono::nanoseconds wait{0};
  /// A file or the environment asks for more than one plain run.
  bool settings_ask = false;
  ServiceRequest service = {};
};

/// Decide: each option from the highest source that gives it. An interval turns off a `run_once` of
/// a lower source, and of two intervals the higher one holds. Throws Error kUsage for two intervals
/// on the line and for `--wait` in a loop, ConfigurationError for two from another source.
RunnerChoice choose_runner(const RunnerLine& line, const Settings& settings);

}  // namespace stint::cli
