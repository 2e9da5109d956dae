/// What this process and its keeper tell each other.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
#include "process/exit_status.hpp"

namespace stint {

/// What is done between fork and exec, as far as it may fail for reasons of the caller's.
enum class SpawnStep : std::uint8_t { kStart, kDescriptors, kWorkingDirectory, kLimits, kExecute };

/// A deadline is in nanoseconds of CLOCK_BOOTTIME.
inline constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();

/// Start a program. The descriptors of the message become `targets`, in order.
struct SpawnRequest {
  std::uint64_t id = 0;  ///< names the child in all later messages
  std::string executable = {};
  std::vector<std::string> arguments = {};
  std::vector<std::string> environment = {};
  std::string working_directory = {};  ///< empty: the keeper's
  std::optional<mode_t> umask = {};
  bool no_new_privileges = false;
  std::vector<std::pair<int, std::uint64_t>> limits = {};
  std::vector<int> targets = {};
  std::int64_t deadline = kNoDeadline;
};

/// Send a signal to the group of a child, and SIGKILL to the child itself too.
struct SignalRequest {
  std::uint64_t id = 0;
  int signal = 0;
};

/// Kill a child at this time if it still runs then. Replaces what was said before.
struct DeadlineRequest {
  std::uint64_t id = 0;
  std::int64_t deadline = kNoDeadline;
};

using KeeperRequest = std::variant<SpawnRequest, SignalRequest, DeadlineRequest>;

/// The keeper listens.
struct ReadyNotice {};

/// The program runs. A descriptor of the process comes with it where the kernel has such.
struct StartedNotice {
  std::uint64_t id = 0;
  pid_t pid = 0;
};

struct FailedNotice {
  std::uint64_t id = 0;
  SpawnStep step = SpawnStep::kStart;
  int error = 0;  ///< errno
};

/// The child and all that it had started are gone.
struct EndedNotice {
  std::uint64_t id = 0;
  ExitStatus status = {};
};

using KeeperNotice = std::variant<ReadyNotice, StartedNotice, FailedNotice, EndedNotice>;

std::string encode(const KeeperRequest& request);
std::string encode(const KeeperNotice& notice);

/// Nothing: it is no such message.
std::optional<KeeperRequest> decode_request(std::string_view text);
std::optional<KeeperNotice> decode_notice(std::string_view text);

}  // namespace stint
