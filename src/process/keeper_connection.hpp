/// This process's side of one keeper.
#pragma once
#include <sys/types.h>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include "base/mutex.hpp"
#include "process/channel.hpp"
#include "process/keeper.hpp"
#include "process/keeper_messages.hpp"

namespace stint {

class KeeperConnection;

/// What is known of one child. Shared by its owner and, until it has ended, its connection.
struct ChildProcess::State {
  std::uint64_t id = 0;
  std::weak_ptr<KeeperConnection> connection = {};
  UniqueFd ended = {};  ///< an eventfd
  // Set before `spawn` returns, constant from then on.
  pid_t pid = 0;
  UniqueFd process = {};  ///< empty where the kernel has no such descriptors

  Mutex mutex = {};
  std::optional<ExitStatus> status STINT_GUARDED_BY(mutex) = {};
};

/// Own the keeper of a Keeper: the present one, made when it is needed. Thread-safe.
class KeeperLink final {
 public:
  using Child = ChildProcess::State;

  KeeperLink() = default;
  ~KeeperLink();
  KeeperLink(const KeeperLink&) = delete;
  KeeperLink& operator=(const KeeperLink&) = delete;

  std::unique_ptr<ChildProcess> spawn(const SpawnOptions& options);

 private:
  std::shared_ptr<KeeperConnection> connect();

  Mutex mutex_;
  std::shared_ptr<KeeperConnection> connection_ STINT_GUARDED_BY(mutex_);
};

/// Own a keeper's process, the channel to it and the thread that reads its notices. Thread-safe.
class KeeperConnection final {
 public:
  /// Start a keeper and wait until it listens. Throws Error kUnavailable.
  KeeperConnection();
  ~KeeperConnection();  ///< ends the keeper, and so all children; waits for that
  KeeperConnection(const KeeperConnection&) = delete;
  KeeperConnection& operator=(const KeeperConnection&) = delete;

  /// Let it go on if somebody has stopped it: what we ask of it must happen.
  void wake_keeper() const;

  /// The keeper is gone, or cannot be understood.
  bool is_closed() const;

  /// Start a program and wait until it runs. The request's id is set here. Throws Error
  /// kUnavailable. False: the keeper is gone, and had not got the request.
  bool spawn(SpawnRequest request, const std::vector<int>& descriptors,
             const std::shared_ptr<KeeperLink::Child>& child);

  void signal(std::uint64_t id, int signal);
  void set_deadline(std::uint64_t id, std::int64_t deadline);

 private:
  /// A child that its `spawn` still waits for.
  struct Starting {
    bool is_known = false;  // whether it runs or not
    std::optional<FailedNotice> failure = {};
  };

  void read_notices();
  void handle(const StartedNotice& notice, ChannelMessage& message);
  void handle(const FailedNotice& notice);
  void handle(const EndedNotice& notice);
  void end_all();

  std::unique_ptr<Channel> channel_;  // constant after construction
  pid_t keeper_ = -1;
  mutable Mutex mutex_;
  CondVar changed_;  // of `starting_` and `is_closed_`
  bool is_closed_ STINT_GUARDED_BY(mutex_) = false;
  bool is_ending_ STINT_GUARDED_BY(mutex_) = false;
  std::uint64_t last_id_ STINT_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::shared_ptr<KeeperLink::Child>> children_ STINT_GUARDED_BY(mutex_);
  std::map<std::uint64_t, Starting> starting_ STINT_GUARDED_BY(mutex_);
  std::thread reader_;
};

}  // namespace stint
