// `lock plan`: what follows from a ttl.
#include <optional>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/read_value.hpp"
#include "core/lease_times.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using std::chrono::nanoseconds;

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
    duration("--ttl", ttl_, "how long a holder may be silent").is_required = true;
    duration("--lock-delay", lock_delay_, "how much longer others wait then").default_text =
        "ttl / 3 + 2s; of Consul 15s";
    duration("--timeout", timeout_, "the limit of one request").default_text =
        "ttl / 10, at most 2s";
  }

  int run(Context& context) override {
    const LeaseTimes times = lease_times(*ttl_, lock_delay_, timeout_);
    if (std::string problem = lease_problem(times); !problem.empty()) {
      throw Error{ErrorCode::kConfiguration, problem};
    }
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
  std::optional<nanoseconds> ttl_;
  std::optional<nanoseconds> lock_delay_;
  std::optional<nanoseconds> timeout_;
};

}  // namespace

CommandEntry lock_plan_entry() {
  return {
      .text = {.name = "lock plan",
               .summary = "Show what follows from the ttl of a one-instance lock",
               .description =
                   "All times are counted from the moment before the last successful request was "
                   "sent. A ttl that is too short for its renewals is refused; the message gives "
                   "the smallest that works. Settings take 10s and more. Consul may take up to one "
                   "ttl longer until another can take over.",
               .examples = {{"lock plan --ttl 30", "the default of most backends"},
                            {"lock plan --ttl 15 --lock-delay 15", "the default of Consul"}},
               .exit_codes = {{0, "the times work"}, {78, "they do not"}},
               .uses_store = false},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<LockPlan>(); }};
}

}  // namespace stint::cli
