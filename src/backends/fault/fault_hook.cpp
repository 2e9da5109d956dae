#include "backends/fault/fault_hook.hpp"
#include <utility>

namespace stint::fault {
namespace {

using std::chrono::nanoseconds;

// splitmix64's last step: each bit of the number moves about half of the bits of the result.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

}  // namespace

FaultHook::FaultHook(FaultPlan plan, const Clock& clock)
    : plan_(std::move(plan)), clock_(clock), started_at_(clock.boot_now()) {}

double FaultHook::draw(StoreCall call, std::uint64_t number, std::uint64_t what) const {
  constexpr double kRange = 9007199254740992.0;  // 2^53: so many bits a double holds exactly
  std::uint64_t bits = mixed(plan_.seed.value_or(0));
  bits = mixed(bits ^ static_cast<std::uint64_t>(call));
  bits = mixed(bits ^ number);
  bits = mixed(bits ^ what);
  return static_cast<double>(bits >> 11U) / kRange;
}

CallFate FaultHook::fate_of(StoreCall call, std::uint64_t number) const {
  const double place = draw(call, number, 0);
  if (place < plan_.error_rate) return CallFate::kFails;
  if (place < plan_.error_rate + plan_.unknown_rate) return CallFate::kLosesReply;
  return CallFate::kPasses;
}

nanoseconds FaultHook::delay_of(StoreCall call, std::uint64_t number) const {
  const double share = draw(call, number, 1);
  return nanoseconds{static_cast<std::int64_t>(share * static_cast<double>(plan_.latency.count()))};
}

bool FaultHook::is_away() const {
  if (!plan_.outage) return false;
  const nanoseconds passed = (clock_.boot_now() - started_at_) % plan_.outage->period;
  return passed >= plan_.outage->period - plan_.outage->length;
}

CallFate FaultHook::decide(StoreCall call) {
  if (!has_faults(call)) return CallFate::kPasses;
  const std::uint64_t number = counts_.at(static_cast<std::size_t>(call))++;
  hold_up(delay_of(call, number));
  return is_away() ? CallFate::kFails : fate_of(call, number);
}

void FaultHook::waited() {
  if (!has_faults(StoreCall::kWakeUp)) return;
  const std::uint64_t number = counts_.at(static_cast<std::size_t>(StoreCall::kWakeUp))++;
  hold_up(delay_of(StoreCall::kWakeUp, number));
}

void FaultHook::hold_up(nanoseconds duration) {
  if (duration <= nanoseconds{0}) return;
  const auto deadline = std::chrono::steady_clock::now() + duration;
  MutexLock lock{mutex_};
  while (std::chrono::steady_clock::now() < deadline) nobody_signals_.wait_until(lock, deadline);
}

}  // namespace stint::fault
