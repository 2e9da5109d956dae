#include "app/worker_setup.hpp"
#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "app/client_impl.hpp"
#include "app/domain_shares.hpp"
#include "app/module_files.hpp"
#include "app/task_records.hpp"
#include "app/task_reports_setup.hpp"
#include "base/host.hpp"
#include "base/url.hpp"
#include "base/version.hpp"
#include "config/settings_transfer.hpp"
#include "core/declaration_check.hpp"
#include "runtime/log_buffer.hpp"
#include "runtime/slot_processes.hpp"
#include "runtime/slot_program.hpp"
#include "runtime/store_host.hpp"
#include "stint/client.hpp"
#include "stint/settings.hpp"

namespace stint {
namespace {

std::string known_host_name() {
  std::string name = host_name();
  return name.empty() ? "unknown" : name;
}

int slots_of(const Settings& settings, const WorkerOptions& options) {
  if (options.slots < 0 || options.slots > WorkerPage::kSlots) {
    throw ConfigurationError{{"a worker has from 1 to " + std::to_string(WorkerPage::kSlots) +
                              " slots, not " + std::to_string(options.slots)}};
  }
  if (options.slots > 0) return options.slots;
  if (const auto slots = settings.find<int>("worker.slots")) return *slots;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
}

std::map<std::string, int> domains_of(const Settings& settings, const WorkerOptions& options) {
  if (!options.domains.empty()) return options.domains;
  std::map<std::string, int> result;
  for (const std::string& one : settings.get<std::vector<std::string>>("worker.domains")) {
    result.merge(parse_domain_shares(one));
  }
  return result;
}

std::int64_t runs_of(const Settings& settings, const WorkerOptions& options) {
  const int runs = options.max_runs > 0 ? options.max_runs : settings.get<int>("worker.max_runs");
  return runs > 0 ? runs : -1;
}

bool isolates_all(const Settings& settings, const WorkerOptions& options) {
  if (options.isolation) return *options.isolation == Isolation::kProcess;
  return settings.get<std::string>("worker.isolation") == "process";
}

void check_transactions(const Environment& environment) {
  std::vector<std::string> problems;
  for (const auto& [name, task] : environment.registry().tasks()) {
    if (!task.options.transaction || has_attempts(environment.store_url())) continue;
    problems.push_back(
        fmt::format("task \"{}\": transaction is not available on the store \"{}\": use "
                    "postgresql://HOST/DATABASE, or leave it out",
                    name, redacted(environment.store_url())));
  }
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
}

void require_slots(std::string_view why) {
  if (is_able_to_be_slot()) return;
  throw ConfigurationError{
      {fmt::format("this program cannot run tasks in processes ({}): its main must hand over to "
                   "stint::main, or to stint::serve_slot first",
                   why)}};
}

/// What slot processes need of this one.
SlotProcessOptions slot_options(const Environment& environment) {
  SlotProcessOptions options;
  options.hello = {.settings = pack_settings(environment.settings()),
                   .store = environment.store_name()};
  for (LoadedModuleFile& file : loaded_module_files()) {
    options.hello.modules.push_back(std::move(file.path));
    options.module_files.push_back(file.descriptor);
  }
  return options;
}

/// Where some task runs in a process, or all do: what starts the processes.
std::shared_ptr<SlotProcesses> make_slot_processes(const Environment& environment, bool all,
                                                   int slots, std::shared_ptr<Keeper> keeper) {
  std::string_view why = all ? "the worker isolates every task" : "";
  for (const auto& [name, task] : environment.registry().tasks()) {
    if (needs_process(task.options) && !task.program) why = name;
  }
  if (why.empty()) return nullptr;
  require_slots(why);
  SlotProcessOptions options = slot_options(environment);
  options.most_runs = environment.settings().get<int>("worker.slot_runs");
  options.burst = 2 * slots + 4;
  return std::make_shared<SlotProcesses>(std::move(keeper), std::move(options), real_clock());
}

}  // namespace

std::shared_ptr<SlotProcesses> make_runner_processes(const Environment& environment,
                                                     std::shared_ptr<Keeper> keeper) {
  require_slots("its runner does");
  SlotProcessOptions options = slot_options(environment);
  options.keeps_spare = false;
  options.inherits_input = true;
  return std::make_shared<SlotProcesses>(std::move(keeper), std::move(options), real_clock());
}

std::shared_ptr<RunEnvironment> make_run_environment(
    const std::shared_ptr<Environment>& environment) {
  const Registry& registry = environment->registry();
  auto contexts = std::make_shared<Contexts>(registry.contexts(), environment->settings());
  return std::make_shared<RunEnvironment>(RunEnvironment{
      .registry = environment->shared_registry(),
      .settings = environment->settings(),
      .make_client =
          [environment] { return Client{std::make_shared<detail::ClientImpl>(environment)}; },
      .limits = environment->enqueue_defaults().limits,
      .most_log_bytes = environment->settings().get<std::size_t>("limits.max_log"),
      .contexts = std::move(contexts),
      .keeper = std::make_shared<Keeper>(),
      .grace = environment->settings().get<milliseconds>("worker.grace"),
      .open_attempts = [environment] { return open_attempts({.url = environment->store_url()}); }});
}

std::unique_ptr<JobWorker> make_job_worker(const std::shared_ptr<Environment>& environment,
                                           const WorkerOptions& options) {
  const Settings& settings = environment->settings();
  check_transactions(*environment);
  const std::shared_ptr<Store> store = environment->shared_store();
  const auto logs = std::make_shared<LogBuffer>();
  const std::map<std::string, int> domains = domains_of(settings, options);

  JobWorkerOptions setup;
  setup.slots = slots_of(settings, options);
  setup.domains.clear();
  for (const auto& [name, most] : domains) setup.domains.push_back({.name = name, .most = most});
  setup.allowed_runs = runs_of(settings, options);
  setup.largest_batch = settings.get<int>("worker.batch");
  setup.lease = {.lease = settings.get<milliseconds>("worker.lease"),
                 .heartbeat = settings.get<milliseconds>("worker.heartbeat")};
  setup.retention = settings.get<milliseconds>("defaults.retention");
  setup.watch.grace = settings.get<milliseconds>("worker.grace");
  setup.isolates_all = isolates_all(settings, options);
  const std::shared_ptr<RunEnvironment> run_environment = make_run_environment(environment);
  setup.processes =
      make_slot_processes(*environment, setup.isolates_all, setup.slots, run_environment->keeper);
  setup.events.on_event = options.on_event;
  setup.info = {.node = settings.find<std::string>("node").value_or(known_host_name()),
                .host = known_host_name(),
                .pid = ::getpid(),
                .slots = setup.slots,
                .domains = format_domain_shares(domains),
                .version = std::string{version()}};
  return std::make_unique<JobWorker>(
      store, run_environment,
      std::make_shared<StoreHost>(
          logs,
          [client = std::make_shared<detail::ClientImpl>(environment)](
              std::string_view task, const json& args, const EnqueueOptions& child) {
            return client->enqueue_child(task, args, child);
          },
          make_task_reports(environment)),
      logs, std::move(setup));
}

void register_tasks(Environment& environment) {
  const std::vector<TaskRecord> records =
      task_records(environment.registry(), environment.enqueue_defaults());
  if (!records.empty()) environment.store().register_tasks(records);
}

}  // namespace stint
