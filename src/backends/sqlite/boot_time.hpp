/// The clock of leases in a file: that of the machine's run, which nobody can set.
#pragma once
#include <chrono>
#include <functional>
#include <string>

namespace stint::sqlite {

/// A moment: time since the machine started, and which start that was.
struct BootMoment {
  std::chrono::nanoseconds since_boot{};
  std::string boot_id = {};
};

/// Tell the present moment. Tests have others than the machine's.
using BootTime = std::function<BootMoment()>;

/// The machine's own: CLOCK_BOOTTIME as it is outside of any time namespace, so that processes in
/// different ones agree. Throws Error kConfiguration where that cannot be told.
BootTime machine_boot_time();

/// By how much CLOCK_BOOTTIME is ahead in the time namespace of the process that `proc` describes,
/// "/proc/self". Throws Error kConfiguration if its children have another one: then the kernel
/// tells theirs.
std::chrono::nanoseconds boot_time_offset(const std::string& proc);

}  // namespace stint::sqlite
