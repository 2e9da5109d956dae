#include "runtime/slot_program.hpp"
#include <unistd.h>
#include <atomic>
#include <charconv>
#include <string_view>
#include <fmt/format.h>

namespace stint {
namespace {

constexpr std::string_view kOption = "--stint-slot=";
// The first one that is free: all but the standard ones are closed in a slot.
constexpr int kChannel = 3;

std::atomic<bool> able_to_be_slot{false};

}  // namespace

SpawnOptions slot_program(int channel) {
  SpawnOptions options;
  options.executable = "/proc/self/exe";
  options.arguments = {"stint-slot", fmt::format("{}{}", kOption, kChannel)};
  options.descriptors = {
      {STDOUT_FILENO, STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}, {kChannel, channel}};
  return options;
}

std::optional<int> slot_channel(int argc, char** argv) {
  if (argc != 2 || argv[1] == nullptr) return std::nullopt;
  const std::string_view word = argv[1];
  if (!word.starts_with(kOption)) return std::nullopt;
  int descriptor = -1;
  const auto [end, error] =
      std::from_chars(word.data() + kOption.size(), word.data() + word.size(), descriptor);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return descriptor;
}

void can_be_slot() { able_to_be_slot = true; }
bool is_able_to_be_slot() { return able_to_be_slot; }

}  // namespace stint
