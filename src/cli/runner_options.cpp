#include "cli/runner_options.hpp"
#include <algorithm>
#include <string_view>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using std::chrono::nanoseconds;

/// Where a value comes from, the stronger the larger.
enum class Rank : std::uint8_t { kDefault, kFile, kEnvironment, kLine };

template <typename T>
struct Ranked {
  T value{};
  Rank rank = Rank::kDefault;
};

Rank rank_of(const Settings& settings, std::string_view key) {
  const std::string source = settings.source(key);
  if (source == "default" || source == "not set") return Rank::kDefault;
  if (source == "command line") return Rank::kLine;
  return source.starts_with("environment ") ? Rank::kEnvironment : Rank::kFile;
}

template <typename T>
Ranked<T> pick(const std::optional<T>& given, const Settings& settings, std::string_view key) {
  if (given) return {*given, Rank::kLine};
  const std::optional<T> set = settings.find<T>(key);
  return {set.value_or(T{}), set ? rank_of(settings, key) : Rank::kDefault};
}

nanoseconds read_interval(std::string_view text) {
  constexpr nanoseconds kLongest = std::chrono::hours{24 * 365};
  const auto duration = parse_duration(text);
  if (!duration) {
    throw Error{ErrorCode::kUsage,
                fmt::format("\"{}\" is no duration; give {}", text, kDurationForms)};
  }
  if (*duration > kLongest) {
    throw Error{ErrorCode::kUsage, fmt::format("{} is more than 365d", text)};
  }
  return *duration;
}

void add_switch(OptionTable& options, const char* name, std::optional<bool>& to, const char* help,
                const char* otherwise) {
  options.add({.names = {name},
               .help = help,
               .default_text = otherwise,
               .is_negatable = true,
               .set = [&to](std::string_view text) { to = text == "true"; }});
}

void add_interval(OptionTable& options, const char* name, std::optional<nanoseconds>& to,
                  const char* help, const char* otherwise) {
  options.add({.names = {name},
               .value = "DURATION",
               .help = help,
               .default_text = otherwise,
               .set = [&to](std::string_view text) { to = read_interval(text); }});
}

[[noreturn]] void refuse_two(const Settings& settings, Rank rank) {
  if (rank == Rank::kLine) {
    throw Error{ErrorCode::kUsage,
                "--sleep-interval and --run-interval exclude each other: give one of them"};
  }
  throw ConfigurationError{
      {fmt::format("{}: sleep_interval and run_interval ({}) exclude each other: set one of them",
                   settings.source("sleep_interval"), settings.source("run_interval"))}};
}

}  // namespace

void RunnerLine::declare(OptionTable& options) {
  add_switch(options, "--run-once", run_once, "run it once and end", "run_once, off");
  add_interval(options, "--sleep-interval", sleep_interval,
               "the pause from the end of a run to the next", "sleep_interval, 0");
  add_interval(options, "--run-interval", run_interval,
               "the time from the start of a run to the start of the next", "run_interval, 0");
  add_switch(options, "--keep-lock", keep_lock, "keep the lock between two runs", "keep_lock, off");
  add_switch(options, "--release-on-error", release_on_error,
             "with --keep-lock: give the lock away after a run that failed, and wait twice as long",
             "release_on_error, off");
  add_switch(options, "--disable-one-instance", disable_one_instance, "run without a lock",
             "disable_one_instance, off");
  options.add({.names = {"--lock-name"},
               .value = "NAME",
               .help = "the name of the lock",
               .default_text = "[one_instance] key, stint/TASK",
               .set = [this](std::string_view text) {
                 // From a variable that is not set, most likely: nothing would be locked.
                 if (text.empty()) throw Error{ErrorCode::kUsage, "the name of a lock is empty"};
                 lock_name = text;
               }});
  add_interval(options, "--wait", wait, "with --run-once: wait so long for the lock", "0");
}

bool RunnerLine::asks_for_runner() const {
  return keep_lock.value_or(false) || release_on_error.value_or(false) ||
         disable_one_instance.value_or(false) || sleep_interval || run_interval || wait ||
         !lock_name.empty() || (run_once && !*run_once);
}

RunnerChoice choose_runner(const RunnerLine& line, const Settings& settings) {
  const auto once = pick(line.run_once, settings, "run_once");
  auto sleep = pick(line.sleep_interval, settings, "sleep_interval");
  auto run = pick(line.run_interval, settings, "run_interval");
  const auto keep = pick(line.keep_lock, settings, "keep_lock");
  const auto release = pick(line.release_on_error, settings, "release_on_error");
  const auto disable = pick(line.disable_one_instance, settings, "disable_one_instance");
  const Rank interval = std::max(sleep.rank, run.rank);
  if (interval != Rank::kDefault && sleep.rank == run.rank) refuse_two(settings, interval);
  if (sleep.rank < interval) sleep.value = nanoseconds{0};
  if (run.rank < interval) run.value = nanoseconds{0};
  RunnerChoice choice{.rules = {.run_once = once.value && once.rank >= interval,
                                .sleep_interval = sleep.value,
                                .run_interval = run.value,
                                .keep_lock = keep.value,
                                .release_on_error = release.value},
                      .disable_one_instance = disable.value,
                      .wait = line.wait.value_or(nanoseconds{0})};
  choice.settings_ask = interval != Rank::kDefault || keep.value || release.value || disable.value;
  if (line.wait && !choice.rules.run_once) {
    throw Error{ErrorCode::kUsage,
                "--wait goes with --run-once: a loop waits for its lock as long as it takes"};
  }
  return choice;
}

}  // namespace stint::cli
