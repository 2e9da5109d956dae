#include "app/worker_setup.hpp"
#include <unistd.h>
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include "app/client_impl.hpp"
#include "app/domain_shares.hpp"
#include "base/version.hpp"
#include "runtime/log_buffer.hpp"
#include "runtime/store_host.hpp"
#include "stint/client.hpp"
#include "stint/settings.hpp"

namespace stint {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
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

}  // namespace

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
      .keeper = std::make_shared<Keeper>()});
}

std::unique_ptr<JobWorker> make_job_worker(const std::shared_ptr<Environment>& environment,
                                           const WorkerOptions& options) {
  const Settings& settings = environment->settings();
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
  setup.info = {.node = settings.find<std::string>("node").value_or(host_name()),
                .host = host_name(),
                .pid = ::getpid(),
                .slots = setup.slots,
                .domains = format_domain_shares(domains),
                .version = std::string{version()}};
  return std::make_unique<JobWorker>(
      store, make_run_environment(environment),
      std::make_shared<StoreHost>(
          logs,
          [client = std::make_shared<detail::ClientImpl>(environment)](
              std::string_view task, const json& args, const EnqueueOptions& child) {
            return client->enqueue_child(task, args, child);
          }),
      logs, std::move(setup));
}

void register_tasks(Environment& environment) {
  std::vector<TaskRecord> records;
  for (const auto& [name, task] : environment.registry().tasks()) {
    records.push_back({.name = name, .specification = specification(task).dump()});
  }
  if (!records.empty()) environment.store().register_tasks(records);
}

}  // namespace stint
