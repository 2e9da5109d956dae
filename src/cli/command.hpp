/// What one command of the command line is.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "cli/options.hpp"

namespace stint::cli {

class Context;

/// One example of a command's help: the line without the program's name, and what it does.
struct Example {
  std::string_view line;
  std::string_view meaning;
};

/// One exit code and when a command ends with it. 2, 69, 70 and 78 are the same for all.
struct ExitCode {
  int code;
  std::string_view meaning;
};

/// What help says about a command. All views last as long as the program.
struct CommandText {
  std::string_view name;     ///< "job list"
  std::string_view summary;  ///< one line without a full stop
  std::string_view description = {};
  std::vector<Example> examples = {};
  std::vector<ExitCode> exit_codes = {};
  bool uses_store = true;  ///< it may end with 69
};

/// Be one command: made, told of its words, run, and dropped.
class Command {
 public:
  virtual ~Command() = default;

  /// Add what the command takes to the table, bound to members of this object. `words` are the
  /// line's words behind the command's name, for commands whose options depend on them.
  virtual void declare(OptionTable& options, Context& context,
                       std::span<const std::string> words) = 0;
  /// Do it and return the exit code. Throws Error.
  virtual int run(Context& context) = 0;
};

/// One line of the table of commands.
struct CommandEntry {
  CommandText text;
  std::unique_ptr<Command> (*make)();
};

/// All built-in commands, in the order in which help lists them.
std::span<const CommandEntry> command_table();

// The entries, one in the file of each command.
CommandEntry run_entry();
CommandEntry enqueue_entry();
CommandEntry job_list_entry();
CommandEntry job_show_entry();
CommandEntry job_logs_entry();
CommandEntry job_wait_entry();
CommandEntry job_abort_entry();
CommandEntry job_retry_entry();
CommandEntry job_update_entry();
CommandEntry job_delete_entry();
CommandEntry job_stack_entry();
CommandEntry explain_entry();
CommandEntry task_list_entry();
CommandEntry task_show_entry();
CommandEntry task_register_entry();
CommandEntry worker_run_entry();
CommandEntry worker_list_entry();
CommandEntry lock_status_entry();
CommandEntry lock_release_entry();
CommandEntry lock_plan_entry();
CommandEntry check_liveness_entry();
CommandEntry db_init_entry();
CommandEntry db_migrate_entry();
CommandEntry db_status_entry();
CommandEntry db_reset_entry();
CommandEntry db_vacuum_entry();
CommandEntry db_grant_entry();
CommandEntry settings_show_entry();
CommandEntry settings_check_entry();
CommandEntry doctor_entry();
CommandEntry bench_entry();
CommandEntry help_entry();
CommandEntry completion_entry();

}  // namespace stint::cli
