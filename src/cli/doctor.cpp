// `doctor`: is all well with the store, this machine and the settings?
#include <string>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "app/backends.hpp"
#include "app/environment.hpp"
#include "app/machine_checks.hpp"
#include "app/role_checks.hpp"
#include "app/store_checks.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kUnreachable = 69;

Color color_of(HealthStatus status) {
  switch (status) {
    case HealthStatus::kOk:
      return Color::kGreen;
    case HealthStatus::kWarning:
      return Color::kYellow;
    case HealthStatus::kProblem:
      return Color::kRed;
    case HealthStatus::kUnknown:
      break;
  }
  return Color::kDim;
}

std::string check_json(const HealthCheck& check) {
  JsonLine line;
  line.text("check", check.name)
      .text("status", to_string(check.status))
      .text("value", check.value)
      .text("meaning", check.meaning)
      .text_or_null("advice", check.advice);
  return line.str();
}

HealthCheck settings_check(const std::vector<std::string>& problems) {
  HealthCheck check{
      .name = "settings", .value = "no problem", .meaning = "every key is known and fits its type"};
  if (problems.empty()) return check;
  check.status = HealthStatus::kProblem;
  check.value = fmt::format("{}", fmt::join(problems, "; "));
  check.meaning = "no program that reads these settings starts";
  check.advice = "mend them; `stint settings check` shows them one a line";
  return check;
}

/// Read the settings and what the modules declare; what is wrong with them.
std::vector<std::string> problems_of_settings(Context& context) {
  try {
    context.environment();
  } catch (const ConfigurationError& error) {
    return error.problems();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConfiguration) throw;
    return {error.what()};
  }
  return {};
}

class Doctor final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.flag({"--full"}, full_, "read a SQLite file from end to end: may take minutes");
    options.flag({"--problems"}, problems_, "show only what is not ok");
  }

  int run(Context& context) override {
    print(context, check_versions());
    const std::vector<std::string> problems = problems_of_settings(context);
    print(context, settings_check(problems));
    if (problems.empty()) check_all(context);
    conclude(context);
    if (!is_reachable_) return kUnreachable;
    return problems_found_ > 0 ? 1 : 0;
  }

 private:
  void check_all(Context& context) {
    const Settings& settings = context.settings();
    const std::string url = store_url(context);
    print_all(context, check_machine(settings, url));
    print_all(context, check_role_backends(settings, context.registry().backends()));
    if (url.empty()) return;
    const StoreChecks store =
        check_store(url, settings, full_ ? InspectDepth::kFull : InspectDepth::kQuick);
    print_all(context, store.checks);
    is_reachable_ = store.is_reachable;
  }

  /// Empty if none is configured: that is a finding.
  std::string store_url(Context& context) {
    try {
      const std::string url = context.environment()->store_url();
      backend_name(url);
      return url;
    } catch (const Error& error) {
      print(context, {.name = "store",
                      .status = HealthStatus::kProblem,
                      .value = "none",
                      .meaning = error.what(),
                      .advice = "set STINT_STORE, [stores] default, or --store"});
      return {};
    }
  }

  void print_all(Context& context, const std::vector<HealthCheck>& checks) {
    for (const HealthCheck& check : checks) print(context, check);
  }

  /// At once: the next one may take long.
  void print(Context& context, const HealthCheck& check) {
    if (check.status == HealthStatus::kProblem) ++problems_found_;
    if (check.status == HealthStatus::kWarning) ++warnings_found_;
    if (problems_ && check.status == HealthStatus::kOk) return;
    Output& output = context.output();
    if (context.json()) {
      output.line(check_json(check));
      return;
    }
    const bool colors = context.terminal().colors_output;
    output.line(fmt::format(
        "{} {} {}",
        colored(fmt::format("{:<8}", to_string(check.status)), color_of(check.status), colors),
        colored(fmt::format("{:<21}", check.name), Color::kBold, colors), printable(check.value)));
    if (check.status != HealthStatus::kOk) {
      output.line(fmt::format("         {}", printable(check.meaning)));
      if (!check.advice.empty())
        output.line(fmt::format("         to do: {}", printable(check.advice)));
    }
    if (context.terminal().output_is_terminal) output.flush();
  }

  void conclude(Context& context) const {
    if (context.json()) return;
    context.output().line(problems_found_ == 0 && warnings_found_ == 0
                              ? std::string{"All is well."}
                              : fmt::format("{} problem{}, {} warning{}.", problems_found_,
                                            problems_found_ == 1 ? "" : "s", warnings_found_,
                                            warnings_found_ == 1 ? "" : "s"));
  }

  bool full_ = false;
  bool problems_ = false;
  bool is_reachable_ = true;
  int problems_found_ = 0;
  int warnings_found_ = 0;
};

}  // namespace

CommandEntry doctor_entry() {
  return {
      .text =
          {.name = "doctor",
           .summary = "Check the settings, this machine, the store and its queue",
           .description =
               "Each check is ok, a warning, a problem or unknown, with what it means and what to "
               "do. Nothing in the store is changed. With --json one object a check: {\"check\", "
               "\"status\", \"value\", \"meaning\", \"advice\"}; the names stay as they are from "
               "version to version. What a role of PostgreSQL may not see is unknown: grant it "
               "pg_monitor.",
           .examples = {{"doctor", "is all well?"},
                        {"doctor --problems", "only what is not ok"},
                        {"doctor --full", "read a SQLite file from end to end as well"},
                        {"doctor --json | jq -r 'select(.status != \"ok\").check'",
                         "the names of what is not ok, for a monitor"}},
           .exit_codes = {{0, "there is no problem; there may be warnings"},
                          {1, "there is a problem"},
                          {69, "the store does not answer; the other checks were made"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Doctor>(); }};
}

}  // namespace stint::cli
