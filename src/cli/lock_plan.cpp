// `lock plan`: what follows from a ttl.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/read_value.hpp"
#include "config/known_settings.hpp"
#include "config/setting_value.hpp"
#include "core/lease_times.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using std::chrono::nanoseconds;

/// The library's backends whose locks have a ttl.
constexpr std::array kTtlBackends = {"consul", "postgresql", "redis", "sqlite"};

/// What the settings take for one of the times.
struct TimeRange {
  double least = std::numeric_limits<double>::max();
  double most = 0;
};

nanoseconds seconds_of(double seconds) {
  return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(seconds));
}

/// The limits that a program has which is given the times by its settings.
class PlanLimits final {
 public:
  /// Of one backend, or what any of them takes.
  explicit PlanLimits(std::string backend) : backend_(std::move(backend)) {}

  /// The backend's own default; nothing if there is none, or no backend.
  std::optional<nanoseconds> default_of(std::string_view key) const {
    if (backend_.empty()) return std::nullopt;
    const SettingSpec* const spec = find(backend_, key);
    if (spec == nullptr || !spec->default_value) return std::nullopt;
    return duration_of(*spec->default_value);
  }

  /// Say what is wrong with a time; empty: nothing.
  std::string problem(std::string_view key, std::optional<nanoseconds> time) const {
    if (!time) return {};
    const TimeRange range = range_of(key);
    const double seconds = std::chrono::duration<double>(*time).count();
    if (seconds >= range.least && seconds <= range.most) return {};
    // Its sessions and its lock-delays have these limits, whoever asks for them.
    const bool is_rule_of_consul = backend_ == "consul" && key != "timeout";
    return fmt::format(
        "a {} of {} is too {}: {} {} {} to {}{}", key, format_duration(*time),
        seconds < range.least ? "short" : "long",
        backend_.empty() ? "the backends" : fmt::format("[one_instance.{}]", backend_),
        backend_.empty() ? "take" : "takes", format_duration(seconds_of(range.least)),
        format_duration(seconds_of(range.most)),
        is_rule_of_consul ? ", as Consul itself does" : "");
  }

 private:
  const SettingSpec* find(std::string_view backend, std::string_view key) const {
    return known_.find(fmt::format("one_instance.{}.{}", backend, key));
  }

  TimeRange range_of(std::string_view key) const {
    TimeRange range;
    for (const char* const backend : kTtlBackends) {
      if (!backend_.empty() && backend_ != backend) continue;
      const SettingSpec* const spec = find(backend, key);
      if (spec == nullptr) continue;
      range.least = std::min(range.least, spec->minimum.value_or(0));
      range.most = std::max(range.most, spec->maximum.value_or(0));
    }
    return range;
  }

  std::string backend_;
  KnownSettings known_;
};

class LockPlan final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    const auto duration = [&](const char* name, std::optional<nanoseconds>& to,
                              std::string help) -> Option& {
      return options.add({.names = {name},
                          .value = "DURATION",
                          .help = std::move(help),
                          .set = [&to](std::string_view text) { to = read_duration(text); }});
    };
    options.text({"--backend"}, "consul|postgresql|redis|sqlite", backend_,
                 "with the defaults and the limits of this backend; flock and dummy have no ttl");
    duration("--ttl", ttl_, "how long a holder may be silent").is_required = true;
    duration("--lock-delay", lock_delay_, "how much longer others wait then").default_text =
        "ttl / 3 + 2s; of Consul 15s";
    duration("--timeout", timeout_, "the limit of one request").default_text =
        "ttl / 10, at most 2s";
  }

  int run(Context& context) override {
    const LeaseTimes times = checked_times();
    const std::pair<const char*, nanoseconds> rows[] = {
        {"renew_every", times.renew_every},
        {"timeout", times.timeout},
        {"stop_after", times.stop_after()},
        {"kill_after", times.kill_after()},
        {"ttl", times.ttl},
        {"lock_delay", times.lock_delay},
        {"taken_over_after", times.taken_over_after()}};
    if (context.json()) {
      JsonLine line;
      for (const auto& [name, time] : rows) {
        line.number(name, std::optional{std::chrono::duration<double>(time).count()});
      }
      context.output().line(line.str());
      return 0;
    }
    constexpr const char* kMeanings[] = {"the holder renews the lease, give or take a tenth",
                                         "of one request",
                                         "without a renewal the task is asked to stop",
                                         "without a renewal the task and all it started are killed",
                                         "the lease has ended",
                                         "others wait so much longer",
                                         "another holder, if the last one has died"};
    for (std::size_t i = 0; i < std::size(rows); ++i) {
      context.output().line(fmt::format(
          "{:<17}{:>10}  {}", rows[i].first,
          format_duration(std::chrono::floor<std::chrono::milliseconds>(rows[i].second)),
          kMeanings[i]));
    }
    return 0;
  }

 private:
  LeaseTimes checked_times() const {
    const PlanLimits limits{backend_};
    std::vector<std::string> problems = {limits.problem("ttl", ttl_),
                                         limits.problem("lock_delay", lock_delay_),
                                         limits.problem("timeout", timeout_)};
    std::erase(problems, std::string{});
    const LeaseTimes times =
        lease_times(*ttl_, lock_delay_ ? lock_delay_ : limits.default_of("lock_delay"), timeout_);
    if (problems.empty()) problems.push_back(lease_problem(times));
    std::erase(problems, std::string{});
    if (!problems.empty()) throw ConfigurationError{std::move(problems)};
    return times;
  }

  std::string backend_;
  std::optional<nanoseconds> ttl_;
  std::optional<nanoseconds> lock_delay_;
  std::optional<nanoseconds> timeout_;
};

}  // namespace

CommandEntry lock_plan_entry() {
  return {
      .text =
          {.name = "lock plan",
           .summary = "Show what follows from the ttl of a one-instance lock",
           .description =
               "All times are counted from the moment before the last successful request was "
               "sent. What the settings refuse is refused here: times out of their range (a ttl "
               "is 10s at least), and a ttl that is too short for its renewals; the message "
               "gives the smallest that works. Consul may take up to one ttl longer until "
               "another can take over.",
           .examples = {{"lock plan --ttl 30", "the default of most backends"},
                        {"lock plan --ttl 15 --backend consul", "the default of Consul"}},
           .exit_codes = {{0, "the times work"}, {78, "they do not"}},
           .uses_store = false},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<LockPlan>(); }};
}

}  // namespace stint::cli
