#include "app/role_checks.hpp"
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <fmt/format.h>
#include "app/role_backends.hpp"
#include "http/http_client.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// A name that no task can have.
constexpr std::string_view kTask = "stint.doctor-looks";

struct Role {
  std::string_view name;      ///< of the check
  std::string_view table;     ///< of its settings
  std::string_view work;      ///< "locks"
  std::string_view on_error;  ///< what then does not work
};

HealthCheck asked(const Role& role, const Settings& settings, const std::function<void()>& ask) {
  const auto backend = settings.get<std::string>(fmt::format("{}.backend", role.table));
  HealthCheck check{.name = std::string{role.name},
                    .meaning = fmt::format("it keeps {}", role.work)};
  const auto begun = SteadyClock::now();
  try {
    ask();
    const std::chrono::duration<double, std::milli> took = SteadyClock::now() - begun;
    check.value = fmt::format("{} answers ({:.1f} ms)", backend, took.count());
  } catch (const Error& error) {
    check.status = HealthStatus::kProblem;
    check.value = fmt::format("{}: {}", backend, error.what());
    check.meaning = std::string{role.on_error};
    check.advice =
        fmt::format("see that it runs and that [{}.{}] names it rightly", role.table, backend);
  }
  return check;
}

void ask_influxdb(const Settings& settings) {
  const auto timeout = settings.get<milliseconds>("metrics.influxdb.timeout");
  HttpClient client{
      {.connect_timeout = timeout,
       .ca_file = settings.find<std::string>("metrics.influxdb.ca_file").value_or("")}};
  const auto host = settings.get<std::string>("metrics.influxdb.host");
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  const auto answer = client.request(
      {.url = fmt::format("{}://{}:{}/ping", settings.get<std::string>("metrics.influxdb.scheme"),
                          is_ipv6 ? "[" + host + "]" : host,
                          settings.get<std::int64_t>("metrics.influxdb.port")),
       .timeout = timeout});
  if (answer.status < 300) return;
  throw Error{ErrorCode::kUnavailable,
              fmt::format("/ping is answered with status {}", answer.status)};
}

/// Metrics have no reading: to ask most sinks is to write to them.
HealthCheck check_metrics(const Settings& settings,
                          std::span<const detail::BackendDeclaration> own) {
  const Role role{.name = "metrics",
                  .table = "metrics",
                  .work = "metrics",
                  .on_error = "metrics are lost once those that wait are too many; jobs run on"};
  const auto backend = settings.get<std::string>("metrics.backend");
  if (backend == "dummy") {
    return {
        .name = "metrics", .value = "none are pushed", .meaning = "[metrics] backend is not set"};
  }
  if (backend == "influxdb") {
    return asked(role, settings, [&] { ask_influxdb(settings); });
  }
  HealthCheck check = asked(role, settings, [&] { open_metrics(settings, own); });
  if (check.status != HealthStatus::kOk) return check;
  check.status = HealthStatus::kUnknown;
  check.value = fmt::format("{}: its settings are right", backend);
  check.meaning = "whether it takes metrics is not known without sending it some";
  return check;
}

}  // namespace

std::vector<HealthCheck> check_role_backends(const Settings& settings,
                                             std::span<const detail::BackendDeclaration> own) {
  std::vector<HealthCheck> checks;
  checks.push_back(asked({.name = "locks",
                          .table = "one_instance",
                          .work = "one-instance locks",
                          .on_error = "`stint run` waits for its lock for ever, or loses it"},
                         settings, [&] { open_lock(settings, own, kTask).backend->read(); }));
  checks.push_back(
      asked({.name = "liveness",
             .table = "liveness",
             .work = "stamps of success",
             .on_error = "`stint check-liveness` fails, and successes are not stamped"},
            settings, [&] { open_liveness(settings, own, kTask)->read(); }));
  checks.push_back(check_metrics(settings, own));
  return checks;
}

}  // namespace stint
