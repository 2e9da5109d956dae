#include "backends/dummy/dummy_liveness.hpp"
#include <optional>
#include "base/clock.hpp"

namespace stint {
namespace {

class DummyLiveness final : public LivenessBackend {
 public:
  void write(LivenessKind kind, const LivenessStamp& stamp) override {
    (kind == LivenessKind::kSuccess ? success_ : sign_of_life_) =
        Kept{.stamp = stamp, .written_at = real_clock().boot_now()};
  }

  LivenessRecord read() override {
    return {.success = with_age(success_), .sign_of_life = with_age(sign_of_life_)};
  }

 private:
  struct Kept {
    LivenessStamp stamp;
    std::chrono::nanoseconds written_at;
  };

  static std::optional<LivenessStamp> with_age(const std::optional<Kept>& kept) {
    if (!kept) return std::nullopt;
    LivenessStamp stamp = kept->stamp;
    stamp.age = real_clock().boot_now() - kept->written_at;
    return stamp;
  }

  std::optional<Kept> success_;
  std::optional<Kept> sign_of_life_;
};

}  // namespace

std::unique_ptr<LivenessBackend> make_dummy_liveness(const BackendOptions& /*options*/) {
  return std::make_unique<DummyLiveness>();
}

}  // namespace stint
