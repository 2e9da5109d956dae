#include "cli/run_program.hpp"
#include <csignal>
#include <stop_token>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/utf8.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/signals.hpp"
#include "process/keeper.hpp"
#include "runtime/program_run.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint::cli {
namespace {

// As shells have them.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr int kSignalExit = 128;
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

}  // namespace

int run_program_here(Context& context, const std::vector<std::string>& command,
                     std::chrono::nanoseconds timeout) {
  const std::string& name = command.front();
  std::stop_source stop;
  std::stop_source kill;
  Keeper keeper;
  const SignalWatcher signals{
      [&](int /*signal*/, int count) { (count == 1 ? stop : kill).request_stop(); }};
  ProgramRun run;
  run.program.arguments = command;
  run.stop = stop.get_token();
  run.kill = kill.get_token();
  run.stop_signal = [&signals] {
    const int first = signals.first_signal();
    return first == 0 ? SIGTERM : first;
  };
  if (timeout.count() > 0) run.timeout = timeout;
  ProgramEnd end;
  try {
    end = run_program(keeper, run);
  } catch (const Error& error) {
    if (error.native_code().empty()) throw;
    context.note(fmt::format("{}: error: {}", context.program(), printable(error.what())));
    return error.native_code() == "ENOENT" ? kNotFound : kNotExecutable;
  }
  if (end.timed_out) {
    context.note(fmt::format("{}: error: {} ran longer than {}", context.program(), printable(name),
                             format_duration(timeout)));
  }
  if (context.json()) print_json(context, command, end);
  return exit_code_of(end);
}

}  // namespace stint::cli
