/// What a program works with: its settings, its declared tasks and its store.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include "base/mutex.hpp"
#include "core/enqueue_plan.hpp"
#include "core/registry.hpp"
#include "core/store.hpp"
#include "stint/module_definition.hpp"
#include "stint/settings.hpp"

namespace stint {

class MetricsPusher;

/// Be shared by the clients, workers and commands of a program: `std::shared_ptr<Environment>`.
/// Thread-safe. The store is opened at first use, and closed with the last owner of it.
class Environment final {
 public:
  /// Declare the modules' tasks and check them and the settings. `store` is a name under `[stores]`
  /// or a URL; empty: `[stores] default`. Throws ConfigurationError with every problem of all of
  /// them at once.
  explicit Environment(Settings settings, std::span<const ModuleDefinition> modules = {},
                       std::string_view store = {});
  /// Work on a store that is open already: for tests.
  Environment(Settings settings, std::span<const ModuleDefinition> modules,
              std::shared_ptr<Store> store);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const Settings& settings() const { return settings_; }
  const Registry& registry() const { return *registry_; }
  const std::shared_ptr<const Registry>& shared_registry() const { return registry_; }
  const EnqueueDefaults& enqueue_defaults() const { return enqueue_defaults_; }

  /// The name or URL that this was made with; empty: the default.
  const std::string& store_name() const { return store_name_; }
  /// The URL of the store; it may hold a password: show `redacted(url)` only. Throws Error
  /// (kConfiguration) for an unknown name, and where no folder is known for the default.
  std::string store_url() const;

  /// Open the store at the first call and return it; it lives as long as this object at least. A
  /// call that threw is tried anew by the next one. Throws Error kConfiguration, kUnavailable.
  Store& store() { return *shared_store(); }
  std::shared_ptr<Store> shared_store();

  /// Return who pushes metrics, as `[metrics]` says; made at the first call. Never null. What waits
  /// there when this object goes is sent, for at most `metrics.flush_timeout`. Throws
  /// ConfigurationError.
  std::shared_ptr<MetricsPusher> metrics();

 private:
  Settings settings_;
  std::shared_ptr<const Registry> registry_;
  EnqueueDefaults enqueue_defaults_;
  std::string store_name_;
  Mutex mutex_;
  std::shared_ptr<Store> store_ STINT_GUARDED_BY(mutex_);
  std::shared_ptr<MetricsPusher> metrics_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
