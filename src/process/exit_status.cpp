#include "process/exit_status.hpp"
#include <cstring>
#include <fmt/format.h>

namespace stint {

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

std::string describe(const ExitStatus& status) {
  if (status.signal == 0) return fmt::format("exit code {}", status.code);
  const char* const core = status.dumped_core ? " (core dumped)" : "";
  const bool is_named = ::sigabbrev_np(status.signal) != nullptr;
  return fmt::format("{}{}{}", is_named ? "signal " : "", signal_name(status.signal), core);
}

}  // namespace stint
