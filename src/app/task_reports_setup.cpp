#include "app/task_reports_setup.hpp"
#include <string>
#include <utility>
#include "app/role_backends.hpp"
#include "core/registry.hpp"
#include "stint/settings.hpp"

namespace stint {
namespace {

// Who keeps nothing: not worth a thread.
constexpr const char* kDummy = "dummy";

bool is_dummy(const Settings& settings, const char* key) {
  return settings.get<std::string>(key) == kDummy;
}

}  // namespace

std::shared_ptr<TaskReports> make_task_reports(const std::shared_ptr<Environment>& environment) {
  const Settings& settings = environment->settings();
  OpenLiveness open;
  if (!is_dummy(settings, "liveness.backend")) {
    open = [environment](const std::string& task) {
      return open_liveness(environment->settings(), environment->registry().backends(), task);
    };
  }
  std::unique_ptr<MetricsSink> sink;
  if (!is_dummy(settings, "metrics.backend")) {
    sink = open_metrics(settings, environment->registry().backends());
  }
  return std::make_shared<TaskReports>(std::move(open), std::move(sink));
}

}  // namespace stint
