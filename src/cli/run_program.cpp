#include "cli/run_program.hpp"
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <stop_token>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "app/role_backends.hpp"
#include "base/duration.hpp"
#include "base/utf8.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/run_loop.hpp"
#include "cli/signals.hpp"
#include "core/registry.hpp"
#include "core/task_environment.hpp"
#include "process/exit_status.hpp"
#include "process/keeper.hpp"
#include "runtime/program_run.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint::cli {
namespace {

// As shells have them.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr int kTimedOut = 75;

int exit_code_of(const ProgramEnd& end) {
  if (end.timed_out) return kTimedOut;
  return end.status.signal != 0 ? kSignalExit + end.status.signal : end.status.code;
}

void print_json(Context& context, const std::vector<std::string>& command, const ProgramEnd& end) {
  json words = json::array();
  for (const std::string& word : command) words.push_back(sanitize_text(word));
  const ExitStatus& status = end.status;
  const json line = {
      {"command", std::move(words)},
      {"exit_code", status.signal == 0 ? json(status.code) : json(nullptr)},
      {"signal", status.signal == 0 ? json(nullptr) : json(signal_name(status.signal))},
      {"timed_out", end.timed_out},
      {"cpu_seconds", std::chrono::duration<double>(status.cpu_time).count()},
      {"peak_memory", status.peak_memory}};
  context.output().line(line.dump());
}

/// The environment of the program: this one's, and what tells of its run.
std::vector<std::string> environment_of(const std::string& name, std::int64_t token) {
  std::vector<std::string> result;
  for (char** one = ::environ; one != nullptr && *one != nullptr; ++one) {
    const std::string_view text{*one};
    // This process may itself be a task's program.
    const std::string_view variable = text.substr(0, text.find('='));
    if (std::ranges::find(kTaskVariables, variable) == kTaskVariables.end()) {
      result.emplace_back(text);
    }
  }
  if (!name.empty()) result.push_back(fmt::format("{}={}", kTaskVariable, name));
  if (token != 0) result.push_back(fmt::format("{}={}", kFencingTokenVariable, token));
  return result;
}

std::string describe_end(const ProgramLine& line, const ProgramEnd& end) {
  if (end.timed_out) {
    return fmt::format("{} ran longer than {}", line.command.front(),
                       format_duration(line.timeout));
  }
  return fmt::format("{}: {}", line.command.front(), describe(end.status));
}

class ProgramWork final : public RunnerWork {
 public:
  ProgramWork(Context& context, const ProgramLine& line, WorkPlace place)
      : context_(context), line_(line), place_(std::move(place)) {}

  RunReport run(const RunOrder& order) override {
    std::stop_source stop;
    const auto ask = [&stop] { stop.request_stop(); };
    const std::stop_callback on_shutdown{place_.stop, ask};
    const std::stop_callback on_loss{order.lost, ask};
    ProgramRun run;
    run.program.arguments = line_.command;
    run.program.environment = environment_of(line_.name, order.token);
    if (order.lock_descriptor >= 0) {
      run.program.descriptors.emplace_back(kLockDescriptor, order.lock_descriptor);
    }
    run.stop = stop.get_token();
    run.stop_signal = place_.stop_signal;
    run.deadline = place_.deadline.get();
    run.grace = context_.settings().get<std::chrono::nanoseconds>("worker.grace");
    if (line_.timeout.count() > 0) run.timeout = line_.timeout;
    const ProgramEnd end = run_program(keeper_, run);
    end_ = end;
    if (context_.json()) {
      print_json(context_, line_.command, end);
      context_.output().flush();
    }
    const bool is_lost = order.lost.stop_requested() || place_.deadline->has_passed();
    RunReport report = report_of(end, stop.stop_requested() || is_lost);
    report.was_lost = report.status != RunStatus::kSucceeded && is_lost;
    return report;
  }

  /// Of the last run; nothing: there was none.
  const std::optional<ProgramEnd>& end() const { return end_; }

 private:
  RunReport report_of(const ProgramEnd& end, bool was_stopped) const {
    if (!end.timed_out && end.status.signal == 0 && end.status.code == 0) return {};
    RunReport report{.status = RunStatus::kFailed, .problem = describe_end(line_, end)};
    if (was_stopped && !end.timed_out) {
      report.status = end.status.signal == SIGKILL ? RunStatus::kKilled : RunStatus::kInterrupted;
    }
    return report;
  }

  Context& context_;
  const ProgramLine& line_;
  const WorkPlace place_;
  Keeper keeper_;
  std::optional<ProgramEnd> end_;
};

}  // namespace

int run_program_here(Context& context, const ProgramLine& line, const RunnerChoice& choice) {
  std::vector<std::string> problems =
      check_roles(context.settings(), context.registry().backends());
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
  std::optional<ProgramWork> work;
  RunLoop loop{.task = line.name.empty() ? line.command.front() : line.name,
               .lock_name = line.name,
               .choice = choice,
               .is_quiet = choice.rules.run_once};
  LoopEnd result;
  try {
    result = run_loop(context, loop, [&](const WorkPlace& place) -> RunnerWork& {
      return work.emplace(context, line, place);
    });
  } catch (const Error& error) {
    if (error.native_code().empty()) throw;
    context.note(fmt::format("{}: error: {}", context.program(), printable(error.what())));
    return error.native_code() == "ENOENT" ? kNotFound : kNotExecutable;
  }
  const bool ran_once = choice.rules.run_once && work->end();
  // A program that runs alone ends as if there were no runner; under a lock, as tasks do.
  const bool was_told = result.signal != 0 && !choice.disable_one_instance;
  if (!ran_once || result.end.was_lost || was_told) {
    if (const auto code = exit_code_of(context, result)) return *code;
    return 0;
  }
  if (work->end()->timed_out) {
    context.note(fmt::format("{}: error: {}", context.program(),
                             printable(describe_end(line, *work->end()))));
  }
  return exit_code_of(*work->end());
}

}  // namespace stint::cli
