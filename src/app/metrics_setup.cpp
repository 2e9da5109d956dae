#include "app/metrics_setup.hpp"
#include <string>
#include <utility>
#include "app/role_backends.hpp"

namespace stint {

std::shared_ptr<MetricsPusher> make_metrics_pusher(
    const Settings& settings, std::span<const detail::BackendDeclaration> own) {
  std::unique_ptr<MetricsSink> sink;
  if (settings.get<std::string>("metrics.backend") != "dummy") sink = open_metrics(settings, own);
  return std::make_shared<MetricsPusher>(
      std::move(sink),
      MetricsPusherOptions{.most_waiting = settings.get<std::size_t>("metrics.queue"),
                           .max_attempts = settings.get<int>("metrics.retry_max_attempts"),
                           .retry_wait = std::chrono::milliseconds{
                               settings.get<std::int64_t>("metrics.retry_wait_multiplier")}});
}

std::chrono::nanoseconds metrics_flush_timeout(const Settings& settings) {
  return settings.get<std::chrono::nanoseconds>("metrics.flush_timeout");
}

}  // namespace stint
