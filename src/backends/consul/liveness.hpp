/// The stamps of liveness on two keys of Consul.
#pragma once
#include <string>
#include "backends/consul/client.hpp"
#include "backends/consul/options.hpp"
#include "stint/liveness.hpp"

namespace stint::consul {

/// Keep the stamp of the last success at the key itself, as jobslib does, and the sign of life at
/// `<key>/alive`. An age is the time from what the writer's clock said to what this machine's says:
/// Consul keeps no times.
class ConsulLiveness final : public LivenessBackend {
 public:
  /// Throws as Client does.
  explicit ConsulLiveness(const Options& options);

  void write(LivenessKind kind, const LivenessStamp& stamp) override;
  LivenessRecord read() override;

 private:
  const std::string& key_of(LivenessKind kind) const;
  void refuse_foreign(const std::string& key, const Look& look) const;

  const Options options_;
  const std::string alive_key_;
  Client client_;
};

}  // namespace stint::consul
