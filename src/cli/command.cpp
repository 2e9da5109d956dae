#include "cli/command.hpp"
#include <array>

namespace stint::cli {

std::span<const CommandEntry> command_table() {
  static const std::array table = {
      run_entry(),           enqueue_entry(),        job_list_entry(),
      job_show_entry(),      job_logs_entry(),       job_wait_entry(),
      job_abort_entry(),     job_retry_entry(),      job_update_entry(),
      job_delete_entry(),    job_stack_entry(),      explain_entry(),
      task_list_entry(),     task_show_entry(),      task_register_entry(),
      worker_run_entry(),    worker_list_entry(),    lock_status_entry(),
      lock_release_entry(),  lock_plan_entry(),      check_liveness_entry(),
      db_init_entry(),       db_migrate_entry(),     db_status_entry(),
      db_vacuum_entry(),     db_grant_entry(),       db_reset_entry(),
      settings_show_entry(), settings_check_entry(), doctor_entry(),
      bench_entry(),         completion_entry(),     help_entry()};
  return table;
}

}  // namespace stint::cli
