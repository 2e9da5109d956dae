#include "backends/consul/consul_backend.hpp"
#include <string>
#include "backends/consul/liveness.hpp"
#include "backends/consul/lock.hpp"
#include "backends/consul/options.hpp"

namespace stint {

std::unique_ptr<LockBackend> make_consul_lock(const BackendOptions& options) {
  return std::make_unique<consul::Lock>(consul::read_options(options));
}

std::unique_ptr<LivenessBackend> make_consul_liveness(const BackendOptions& options) {
  consul::Options own = consul::read_options(options);
  // The lock of a task has the same key unless the settings say otherwise, and its value must stay.
  if (!options.find<std::string>("key")) own.key += "/liveness";
  return std::make_unique<consul::ConsulLiveness>(own);
}

}  // namespace stint
