#include "runtime/command_run.hpp"
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "core/command_task.hpp"
#include "core/task_environment.hpp"
#include "core/trace_context.hpp"
#include "process/keeper.hpp"
#include "process/output_capture.hpp"
#include "runtime/executor.hpp"
#include "runtime/program_run.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

/// What is remembered of standard error for the job's error.
class LastLines final {
 public:
  void add(std::string_view line) {
    constexpr std::size_t kMostLines = 20;
    constexpr std::size_t kLongestLine = 1000;
    lines_.push_back(sanitize_text(line.substr(0, kLongestLine)));
    if (lines_.size() > kMostLines) lines_.pop_front();
  }
  std::string text() const {
    std::string text;
    for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
    return text;
  }
  /// The last one that says something.
  std::string last() const {
    for (const std::string& line : std::views::reverse(lines_)) {
      if (line.find_first_not_of(" \t") != std::string::npos) return line;
    }
    return {};
  }

 private:
  std::deque<std::string> lines_;
};

FilledCommand fill(const JobRun& run, const CommandSpec& spec) {
  try {
    return fill_command(spec, run.args());
  } catch (const Error& error) {
    throw Reject{error.what()};  // the same arguments will never fit
  }
}

/// The trace is the job's, not that of the worker.
void set_trace(std::map<std::string, std::string>& variables, const JobRun& run) {
  variables.erase(std::string{kTraceparentVariable});
  variables.erase(std::string{kTracestateVariable});
  const std::string traceparent = run.traceparent();
  if (traceparent.empty()) return;
  variables[std::string{kTraceparentVariable}] = traceparent;
  const auto state = run.metadata().find(kTracestate);
  if (state != run.metadata().end() && state->is_string()) {
    variables[std::string{kTracestateVariable}] = state->get<std::string>();
  }
}

/// This process's own environment, what tells of the job, and what the task adds.
std::vector<std::string> environment_of(const JobRun& run, const FilledCommand& command) {
  std::map<std::string, std::string> variables;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  // This process may itself be another job's program.
  for (const std::string_view name : kTaskVariables) variables.erase(std::string{name});
  variables[std::string{kTaskVariable}] = run.task();
  variables[std::string{kAttemptVariable}] = std::to_string(run.attempt());
  if (run.id()) {
    variables[std::string{kJobIdVariable}] = std::to_string(run.id().value);
  }
  if (run.fencing_token() != 0) {
    variables[std::string{kFencingTokenVariable}] = std::to_string(run.fencing_token());
  }
  set_trace(variables, run);
  for (const auto& [name, value] : command.environment) variables[name] = value;
  std::vector<std::string> result;
  result.reserve(variables.size());
  for (const auto& [name, value] : variables) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void log_usage(JobRun& run, const ExitStatus& status) {
  constexpr double kMebibyte = 1024.0 * 1024.0;
  run.log().debug("{}: {:.3f} s of processor time, {:.1f} MiB of memory at most", describe(status),
                  std::chrono::duration<double>(status.cpu_time).count(),
                  static_cast<double>(status.peak_memory) / kMebibyte);
}

void check_status(const ExitStatus& status, std::string_view program, const LastLines& errors) {
  if (status.signal == 0 && status.code == 0) return;
  const bool is_signal = status.signal != 0;
  std::string message = is_signal
                            ? fmt::format("{}: killed by {}{}", program, signal_name(status.signal),
                                          status.dumped_core ? " (core dumped)" : "")
                            : fmt::format("{}: exit code {}", program, status.code);
  if (const std::string last = errors.last(); !last.empty()) message += ": " + last;
  throw CommandFailed{is_signal ? "signal" : "exit code", message, errors.text()};
}

}  // namespace

void run_command(JobRun& run, const detail::TaskDeclaration& task,
                 const RunEnvironment& environment) {
  FilledCommand command = fill(run, *task.program);
  if (!environment.keeper) {
    throw Error{ErrorCode::kInternal, "nothing in this process can start programs"};
  }
  run.check_stop();
  run.set_stopped_for_certain();
  const std::string program{base_name(command.arguments.front())};

  LastLines errors;
  std::optional<OutputCapture> capture;
  ProgramRun program_run;
  if (run.keeps_output()) {
    capture.emplace(CaptureLimits{.most_bytes = environment.most_log_bytes},
                    [&](const OutputLine& line) {
                      if (line.stream == OutputStream::kError) errors.add(line.text);
                      run.add_output(line);
                    });
    program_run.capture = &*capture;
    program_run.may_read = [&run] { return run.has_log_room(); };
  }
  program_run.program.environment = environment_of(run, command);
  program_run.program.arguments = std::move(command.arguments);
  program_run.program.working_directory = std::move(command.working_directory);
  program_run.on_started = [&run](const ChildProcess& child) {
    run.set_place({.process = child.view()});
  };
  program_run.deadline = run.lease().deadline;
  if (run.lease().descriptor >= 0) {
    program_run.program.descriptors.emplace_back(kLockDescriptor, run.lease().descriptor);
  }
  program_run.stop = run.stop_token();
  program_run.grace = environment.grace;
  ProgramEnd end;
  try {
    end = run_program(*environment.keeper, program_run);
  } catch (const Error& error) {
    throw CommandFailed{"not started", error.what(), ""};
  }
  if (capture) log_usage(run, end.status);
  if (end.status.signal == SIGKILL && run.stop_reason() != StopReason::kNone) run.set_killed();
  check_status(end.status, program, errors);
}

}  // namespace stint
