// `check-liveness`: say whether a task has succeeded lately.
#include <chrono>
#include <optional>
#include <string>
#include <fmt/format.h>
#include "app/role_backends.hpp"
#include "base/duration.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"
#include "stint/liveness.hpp"

namespace stint::cli {
namespace {

using std::chrono::nanoseconds;

constexpr int kFail = 1;
// Signs of life come every 10 s; after so many without one, nobody is there.
constexpr nanoseconds kLongestSilence = std::chrono::seconds{35};

std::string rounded(nanoseconds age) {
  return format_duration(std::chrono::floor<std::chrono::seconds>(age));
}

std::string where(const LivenessStamp& stamp) {
  const std::string& host = stamp.fqdn.empty() ? stamp.host : stamp.fqdn;
  return host.empty() ? std::string{} : " on " + host;
}

/// What is known of the task's runner, so that one that waits is not taken for a dead one.
std::string describe_runner(const std::optional<LivenessStamp>& sign) {
  if (!sign) return "no runner of it was ever heard of";
  const std::string heard = fmt::format("{} ago{}", rounded(sign->age), where(*sign));
  if (sign->age > kLongestSilence) {
    return fmt::format("its runner is dead or cut off: last heard of {}", heard);
  }
  if (sign->state == "waiting") return fmt::format("its runner waits for the lock: {}", heard);
  if (sign->state.empty()) return fmt::format("its runner is there: {}", heard);
  if (sign->state == "failed") {
    return fmt::format("its runner's last run has failed; heard of {}", heard);
  }
  return fmt::format("its runner was {} when it was heard of last, {}", sign->state, heard);
}

struct Verdict {
  bool passes = false;
  std::string reason;
  LivenessRecord record = {};
};

class CheckLiveness final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("TASK", task_, "the task's full name: module.task");
    options.add({.names = {"--max-age"},
                 .value = "DURATION",
                 .help = "how long ago the last success may be",
                 .is_required = true,
                 .set = [this](std::string_view text) { read_age(text); }});
  }

  int run(Context& context) override {
    const Verdict verdict = judge(context);
    print(context, verdict);
    return verdict.passes ? 0 : kFail;
  }

 private:
  void read_age(std::string_view text) {
    const auto age = parse_duration(text);
    if (!age || *age <= nanoseconds{0}) {
      throw Error{ErrorCode::kUsage, fmt::format("\"{}\" must be a duration above 0: {}",
                                                 printable(text), kDurationForms)};
    }
    max_age_ = *age;
  }

  Verdict judge(Context& context) const {
    const Settings& settings = context.settings();
    if (settings.get<std::string>("liveness.backend") == "dummy") {
      throw ConfigurationError{
          {"liveness.backend is \"dummy\", which keeps nothing: name the one that the runners "
           "have"}};
    }
    const auto backend = open_liveness(settings, context.registry().backends(), task_);
    Verdict verdict;
    try {
      verdict.record = backend->read();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable) throw;
      verdict.reason = fmt::format("nothing is known: {}", error.what());
      return verdict;
    }
    const auto& [success, sign] = verdict.record;
    if (!success) {
      verdict.reason = fmt::format("{} has never succeeded; {}", task_, describe_runner(sign));
      return verdict;
    }
    verdict.passes = success->age <= max_age_;
    verdict.reason =
        fmt::format("{} succeeded {} ago{}", task_, rounded(success->age), where(*success));
    if (!verdict.passes) {
      verdict.reason +=
          fmt::format(", more than {}; {}", format_duration(max_age_), describe_runner(sign));
    }
    return verdict;
  }

  void print(Context& context, const Verdict& verdict) const {
    const char* const word = verdict.passes ? "PASS" : "FAIL";
    if (!context.json()) {
      context.output().line(word);
      context.note(printable(verdict.reason));
      return;
    }
    const auto age = [](const std::optional<LivenessStamp>& stamp) -> std::optional<double> {
      if (!stamp) return std::nullopt;
      return in_seconds(stamp->age);
    };
    const auto& [success, sign] = verdict.record;
    JsonLine line;
    line.text("task", task_)
        .text("result", word)
        .text("reason", verdict.reason)
        .number("max_age_seconds", std::optional{in_seconds(max_age_)})
        .number("success_age_seconds", age(success))
        .text_or_null("success_host", success ? success->fqdn : "")
        .number("sign_of_life_age_seconds", age(sign))
        .text_or_null("state", sign ? sign->state : "");
    context.output().line(line.str());
  }

  std::string task_;
  nanoseconds max_age_{0};
};

}  // namespace

CommandEntry check_liveness_entry() {
  return {.text = {.name = "check-liveness",
                   .summary = "Say whether a task has succeeded lately: PASS or FAIL",
                   .description =
                       "Looks at the stamp that a runner writes after each success, where "
                       "[liveness] says, and prints PASS or FAIL. Age and reason are on standard "
                       "error: a second stamp, which runners write every 10 s whatever they do, "
                       "tells one that waits for its lock from one that is dead. A server that "
                       "does not answer is a FAIL.",
                   .examples = {{"check-liveness hello.world --max-age 90", "in seconds"},
                                {"check-liveness billing.close --max-age 25h --json", ""}},
                   .exit_codes = {{0, "PASS"}, {1, "FAIL"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<CheckLiveness>(); }};
}

}  // namespace stint::cli
