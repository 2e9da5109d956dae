#include "backends/dummy/dummy_metrics.hpp"

namespace stint {
namespace {

class DummyMetrics final : public MetricsSink {
 public:
  void push(std::span<const Metric> /*metrics*/) override {}
};

}  // namespace

std::unique_ptr<MetricsSink> make_dummy_metrics(const BackendOptions& /*options*/) {
  return std::make_unique<DummyMetrics>();
}

}  // namespace stint
