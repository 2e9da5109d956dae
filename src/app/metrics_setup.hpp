/// Make who pushes metrics from what the settings say.
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include "runtime/metrics_pusher.hpp"
#include "stint/module.hpp"
#include "stint/settings.hpp"

namespace stint {

/// As `[metrics]` says; the backend `dummy` is none, and needs no thread. Connects to nothing yet.
/// Throws ConfigurationError.
std::shared_ptr<MetricsPusher> make_metrics_pusher(const Settings& settings,
                                                   std::span<const detail::BackendDeclaration> own);

/// How long the end of a process may wait for what is still to be sent.
std::chrono::nanoseconds metrics_flush_timeout(const Settings& settings);

}  // namespace stint
