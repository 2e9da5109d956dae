#include "app/environment.hpp"
#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>
#include "app/backends.hpp"
#include "app/metrics_setup.hpp"
#include "app/role_backends.hpp"
#include "base/log.hpp"
#include "config/load_settings.hpp"
#include "config/settings_state.hpp"
#include "runtime/metrics_pusher.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

EnqueueDefaults defaults_of(const Settings& settings) {
  return {.max_attempts = settings.get<int>("defaults.max_attempts"),
          .timeout = settings.get<milliseconds>("defaults.timeout"),
          .limits = {.json_bytes = settings.get<std::int64_t>("limits.max_json"),
                     .attachment_bytes = settings.get<std::int64_t>("limits.max_bytes")}};
}

}  // namespace

Environment::Environment(Settings settings, std::span<const ModuleDefinition> modules,
                         std::string_view store)
    : settings_(std::move(settings)), store_name_(store) {
  std::vector<std::string> problems;
  registry_ = Registry::build(modules, problems, settings_.state().commands);
  // A program without modules of its own may share the file of one that has some: it leaves the
  // keys that it does not know alone.
  if (!modules.empty()) {
    settings_ = check_settings(settings_, registry_->settings(), problems);
    std::ranges::move(check_roles(settings_, registry_->backends()), std::back_inserter(problems));
  }
  if (!problems.empty()) throw ConfigurationError{std::move(problems)};
  enqueue_defaults_ = defaults_of(settings_);
}

Environment::Environment(Settings settings, std::span<const ModuleDefinition> modules,
                         std::shared_ptr<Store> store)
    : Environment(std::move(settings), modules) {
  const MutexLock lock{mutex_};
  store_ = std::move(store);
}

Environment::~Environment() {
  const MutexLock lock{mutex_};
  if (metrics_) metrics_->flush(metrics_flush_timeout(settings_));
}

std::shared_ptr<MetricsPusher> Environment::metrics() {
  const MutexLock lock{mutex_};
  if (!metrics_) metrics_ = make_metrics_pusher(settings_, registry_->backends());
  return metrics_;
}

std::string Environment::store_url() const { return resolve_store(settings_, store_name_); }

std::shared_ptr<Store> Environment::shared_store() {
  const MutexLock lock{mutex_};
  if (!store_) {
    store_ = open_store({.url = store_url(),
                         .notice = [](std::string_view text) { log_info("store", "{}", text); }});
  }
  return store_;
}

}  // namespace stint
