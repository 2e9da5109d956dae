/// Make a worker from what a program has: settings, modules, store.
#pragma once
#include <memory>
#include "app/environment.hpp"
#include "runtime/job_worker.hpp"
#include "stint/worker.hpp"

namespace stint {

/// What `options` leaves unset comes from the settings. Opens the store. The worker keeps the
/// environment alive. Throws Error: kConfiguration, kUnavailable.
std::unique_ptr<JobWorker> make_job_worker(const std::shared_ptr<Environment>& environment,
                                           const WorkerOptions& options);

/// What starts the process in which a runner runs its task, one at a time and with this process's
/// standard input. Throws ConfigurationError where this program cannot be started as a slot.
std::shared_ptr<SlotProcesses> make_runner_processes(const Environment& environment,
                                                     std::shared_ptr<Keeper> keeper);

/// What executions in this process share; the store is opened only by a task that asks for a
/// client.
std::shared_ptr<RunEnvironment> make_run_environment(
    const std::shared_ptr<Environment>& environment);

/// Store the specifications of the program's tasks, for programs that do not have their code.
void register_tasks(Environment& environment);

}  // namespace stint
