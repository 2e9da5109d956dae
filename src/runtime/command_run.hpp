/// Execute a task whose code is a program.
#pragma once
#include <stdexcept>
#include <string>
#include "runtime/job_run.hpp"
#include "stint/module.hpp"

namespace stint {

struct RunEnvironment;

/// Thrown for a program that did not end with exit code 0.
class CommandFailed final : public std::runtime_error {
 public:
  CommandFailed(std::string type, const std::string& message, std::string last_lines)
      : std::runtime_error(message), type_(std::move(type)), last_lines_(std::move(last_lines)) {}

  /// "exit code", "signal", or "not started".
  const std::string& type() const { return type_; }
  /// The last that it wrote to standard error, some lines; empty if nothing was kept.
  const std::string& last_lines() const { return last_lines_; }

 private:
  std::string type_;
  std::string last_lines_;
};

/// Run the program of `task` with the arguments of `run`, which are checked already. What it prints
/// goes to the job's log, or where this process prints if the job's host keeps no output. A stop is
/// a SIGTERM to its process group, and after the environment's grace the end of everything that it
/// started. Throws CommandFailed, Stopped, Reject for arguments that no program can be given.
void run_command(JobRun& run, const detail::TaskDeclaration& task,
                 const RunEnvironment& environment);

}  // namespace stint
