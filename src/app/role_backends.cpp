#include "app/role_backends.hpp"
#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "backends/consul/consul_backend.hpp"
#include "backends/dummy/dummy_liveness.hpp"
#include "backends/dummy/dummy_lock.hpp"
#include "backends/dummy/dummy_metrics.hpp"
#include "backends/file/file_liveness.hpp"
#include "backends/flock/flock_lock.hpp"
#include "backends/influxdb/influx_sink.hpp"
#include "backends/postgres/liveness.hpp"
#include "backends/postgres/lock.hpp"
#include "backends/prometheus/textfile_sink.hpp"
#include "backends/redis/redis_backend.hpp"
#include "backends/sqlite/liveness.hpp"
#include "backends/sqlite/lock.hpp"
#include "backends/statsd/statsd_sink.hpp"
#include "base/nearest.hpp"
#include "base/utf8.hpp"
#include "core/lease_times.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

template <typename Role>
using Factory = std::function<std::unique_ptr<Role>(const BackendOptions&)>;
template <typename Role>
using Factories = std::vector<std::pair<std::string, Factory<Role>>>;

Factories<LockBackend> lock_backends(std::span<const detail::BackendDeclaration> own) {
  Factories<LockBackend> all = {
      {"consul", make_consul_lock}, {"dummy", make_dummy_lock},
      {"flock", make_flock_lock},   {"postgresql", postgres::make_postgres_lock},
      {"redis", make_redis_lock},   {"sqlite", sqlite::make_sqlite_lock}};
  for (const detail::BackendDeclaration& backend : own) {
    if (backend.make_lock) all.emplace_back(backend.name, backend.make_lock);
  }
  return all;
}

Factories<LivenessBackend> liveness_backends(std::span<const detail::BackendDeclaration> own) {
  Factories<LivenessBackend> all = {
      {"consul", make_consul_liveness}, {"dummy", make_dummy_liveness},
      {"file", make_file_liveness},     {"postgresql", postgres::make_postgres_liveness},
      {"redis", make_redis_liveness},   {"sqlite", sqlite::make_sqlite_liveness}};
  for (const detail::BackendDeclaration& backend : own) {
    if (backend.make_liveness) all.emplace_back(backend.name, backend.make_liveness);
  }
  return all;
}

Factories<MetricsSink> metrics_backends(std::span<const detail::BackendDeclaration> own) {
  Factories<MetricsSink> all = {{"dummy", make_dummy_metrics},
                                {"influxdb", influxdb::make_sink},
                                {"prometheus", prometheus::make_sink},
                                {"statsd", statsd::make_sink}};
  for (const detail::BackendDeclaration& backend : own) {
    if (backend.make_metrics) all.emplace_back(backend.name, backend.make_metrics);
  }
  return all;
}

// The library's come first: a module that takes one of their names is told so, not obeyed.
template <typename Role>
std::string name_problem(const Settings& settings, std::string_view role,
                         const Factories<Role>& all) {
  const std::string key = fmt::format("{}.backend", role);
  const auto name = settings.get<std::string>(key);
  std::vector<std::string> names;
  for (const auto& [known, factory] : all) {
    if (known == name) return {};
    names.push_back(known);
  }
  return fmt::format("{}: {} is \"{}\", which no backend is called{}; there are {}",
                     settings.source(key), key, sanitize_text(name), did_you_mean(name, names),
                     fmt::join(names, ", "));
}

template <typename Role>
const Factory<Role>& find(const Settings& settings, std::string_view role,
                          const Factories<Role>& all) {
  std::string problem = name_problem(settings, role, all);
  if (!problem.empty()) throw ConfigurationError{{std::move(problem)}};
  const auto name = settings.get<std::string>(fmt::format("{}.backend", role));
  return std::ranges::find(all, name, &Factories<Role>::value_type::first)->second;
}

std::string key_of(const Settings& settings, const std::string& table, std::string_view task) {
  constexpr std::string_view kTask = "{task}";
  std::string key = settings.find<std::string>(table + ".key").value_or("stint/{task}");
  for (std::size_t at = key.find(kTask); at != std::string::npos; at = key.find(kTask, at)) {
    key.replace(at, kTask.size(), task);
    at += task.size();
  }
  return key;
}

BackendOptions options_of(const Settings& settings, std::string_view role, std::string_view task) {
  const auto name = settings.get<std::string>(fmt::format("{}.backend", role));
  BackendOptions options{
      .settings = settings, .table = fmt::format("{}.{}", role, name), .task = std::string{task}};
  options.key = key_of(settings, options.table, task);
  if (const auto timeout = options.find<nanoseconds>("timeout")) options.timeout = *timeout;
  return options;
}

LockOptions lock_options(const BackendOptions& backend) {
  LockOptions options;
  options.task = backend.task;
  if (const auto ttl = backend.find<nanoseconds>("ttl")) options.ttl = *ttl;
  options.lock_delay = backend.find<nanoseconds>("lock_delay");
  options.timeout = backend.find<nanoseconds>("timeout");
  if (const auto pause = backend.find<std::int64_t>("retry_wait_multiplier")) {
    options.retry_wait = milliseconds{*pause};
  }
  if (const auto attempts = backend.find<int>("retry_max_attempts")) {
    options.retry_max_attempts = *attempts;
  }
  options.stall_timeout = backend.settings.find<nanoseconds>("one_instance.stall_timeout");
  return options;
}

LeaseTimes times_of(const LockOptions& options) {
  return lease_times(options.ttl, options.lock_delay, options.timeout);
}

std::string times_problem(const BackendOptions& backend) {
  const std::string problem = lease_problem(times_of(lock_options(backend)));
  return problem.empty() ? problem : fmt::format("[{}]: {}", backend.table, problem);
}

}  // namespace

DescribedLock open_lock(const Settings& settings, std::span<const detail::BackendDeclaration> own,
                        std::string_view task, std::string_view key) {
  const Factories<LockBackend> all = lock_backends(own);
  const Factory<LockBackend>& make = find(settings, "one_instance", all);
  BackendOptions options = options_of(settings, "one_instance", task);
  if (!key.empty()) options.key = key;
  DescribedLock lock{.backend = nullptr, .options = lock_options(options)};
  if (std::string problem = times_problem(options); !problem.empty()) {
    throw ConfigurationError{{std::move(problem)}};
  }
  options.timeout = times_of(lock.options).timeout;
  lock.backend = make(options);
  if (settings.get<bool>("one_instance.require_exclusive") &&
      !lock.backend->traits().is_exclusive) {
    throw ConfigurationError{{fmt::format(
        "one_instance.require_exclusive is set, but the backend \"{}\" grants its lock to "
        "everybody: choose another one",
        lock.backend->traits().name)}};
  }
  return lock;
}

std::unique_ptr<LivenessBackend> open_liveness(const Settings& settings,
                                               std::span<const detail::BackendDeclaration> own,
                                               std::string_view task) {
  const Factories<LivenessBackend> all = liveness_backends(own);
  return find(settings, "liveness", all)(options_of(settings, "liveness", task));
}

std::unique_ptr<MetricsSink> open_metrics(const Settings& settings,
                                          std::span<const detail::BackendDeclaration> own) {
  const Factories<MetricsSink> all = metrics_backends(own);
  return find(settings, "metrics", all)(options_of(settings, "metrics", {}));
}

std::vector<std::string> check_roles(const Settings& settings,
                                     std::span<const detail::BackendDeclaration> own) {
  std::vector<std::string> problems = {name_problem(settings, "one_instance", lock_backends(own)),
                                       name_problem(settings, "liveness", liveness_backends(own)),
                                       name_problem(settings, "metrics", metrics_backends(own))};
  if (problems.front().empty()) {
    problems.push_back(times_problem(options_of(settings, "one_instance", {})));
  }
  std::erase(problems, std::string{});
  return problems;
}

OneInstanceLock OneInstanceLock::open(const Settings& settings, std::string_view task,
                                      std::initializer_list<ModuleDefinition> modules) {
  std::vector<detail::BackendDeclaration> own;
  for (const ModuleDefinition& definition : modules) {
    Module module{definition.name()};
    definition.declare(module);
    own.insert(own.end(), module.backends().begin(), module.backends().end());
  }
  DescribedLock lock = open_lock(settings, own, task);
  return OneInstanceLock{std::move(lock.backend), std::move(lock.options)};
}

}  // namespace stint
