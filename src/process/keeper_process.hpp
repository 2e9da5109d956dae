/// The keeper's own side.
#pragma once
#include <sys/types.h>
#include <atomic>
#include <chrono>
#include <map>
#include <string_view>
#include <vector>
#include "base/unique_fd.hpp"
#include "process/channel.hpp"
#include "process/keeper_messages.hpp"
#include "process/spawn_child.hpp"

namespace stint {

/// The words by which a program is told to be the keeper: the argument, followed by the number of
/// its socket, and a variable by which a program that does not listen is kept from starting itself
/// for ever.
inline constexpr const char* kKeeperName = "stint-keeper";
inline constexpr std::string_view kKeeperArgument = "--stint-keeper=";
inline constexpr const char* kKeeperVariable = "STINT_IS_KEEPER";

/// Whether this program's main has called `run_keeper_if_asked`: a program that has not would, as
/// the keeper, do its own work a second time.
inline std::atomic<bool> main_hands_over{false};

/// Be the parent of all children: start, signal and reap them for the process at the other end of
/// the channel, until that closes it or dies; then end them all. One thread.
class KeeperProcess final {
 public:
  explicit KeeperProcess(UniqueFd socket);

  /// Return once everything has ended.
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  /// A child that we have started, until it is reaped.
  struct Leader {
    std::uint64_t id = 0;
    UniqueFd outcome = {};    // while it may still fail to execute its program
    bool has_failed = false;  // to execute it
    std::int64_t deadline = kNoDeadline;
  };

  void wait_for_news();
  void read_requests();
  void handle(const SpawnRequest& request, const std::vector<UniqueFd>& descriptors);
  void handle(const SignalRequest& request);
  void handle(const DeadlineRequest& request);
  void set_timer();
  void kill_overdue();
  void settle(pid_t pid, Leader& leader);
  void reap();
  void end_leader(pid_t pid, Leader& leader);
  void end_adopted();
  void close();
  bool is_done() const;
  bool waits_for_adopted() const;
  void send(const KeeperNotice& notice, const std::vector<int>& descriptors = {});

  Channel channel_;
  UniqueFd child_signals_;  // readable when a child has ended
  UniqueFd owner_;          // readable when the process that we keep for has ended
  UniqueFd timer_;          // readable when a deadline has passed
  UniqueFd null_;
  std::map<pid_t, Leader> leaders_;
  std::vector<EndedNotice> ended_;  // what they had started may still be there
  std::map<pid_t, Clock::time_point>
      adopted_;                // that are killed but not yet reaped, and since when
  bool is_clean_ = true;       // no leader has ended since a look found no adopted child
  bool has_children_ = false;  // of any kind, when last reaped
  bool is_closing_ = false;
  Clock::time_point closing_since_;
  std::int64_t timer_at_ = kNoDeadline;  // what the timer is set to
};

}  // namespace stint
