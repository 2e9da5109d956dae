/// Group commit: the writes of all threads that wait, in one transaction.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/turn.hpp"
#include "backends/sqlite/wake.hpp"
#include "base/mutex.hpp"

namespace stint::sqlite {

/// What one call does its writes with.
struct Transaction {
  Connection& connection;
  std::int64_t now;  ///< microseconds since 1970
  /// Domains in which the call made a job claimable or asked for a stop: told of after the commit.
  std::set<std::string> events = {};
};

/// Run writes one after the other. The first thread that comes leads: it takes the turn, runs its
/// call and those of the threads that came meanwhile in one transaction with one fsync, a savepoint
/// each so that a call that fails undoes nothing of the others, and hands over to the next that
/// waits. Thread-safe.
class Writer final {
 public:
  /// `now` tells the time, microseconds since 1970; the references must outlive this object.
  /// `turn_limit`: how long to wait for the turn at most; 0: as long as it takes.
  Writer(Connection& connection, Turn& turn, Wake& wake, std::function<std::int64_t()> now,
         std::chrono::nanoseconds turn_limit = {});

  /// Run `call(Transaction&)` in a transaction and return, once it is committed, what it returned.
  /// The call runs once, perhaps on another thread. Throws what it throws, then nothing of it is
  /// stored, or the Error of the commit.
  template <typename Call>
  auto run(Call&& call) {
    using Result = std::invoke_result_t<Call&, Transaction&>;
    if constexpr (std::is_void_v<Result>) {
      submit([&](Transaction& transaction) { call(transaction); });
    } else {
      std::optional<Result> result;
      submit([&](Transaction& transaction) { result.emplace(call(transaction)); });
      return std::move(*result);
    }
  }

 private:
  struct Pending {
    const std::function<void(Transaction&)>& call;
    std::exception_ptr error = nullptr;
    std::set<std::string> events = {};
    bool is_done = false;
    CondVar changed = {};
  };

  void submit(const std::function<void(Transaction&)>& call);
  // What only the leader does, without the mutex.
  void lead();
  std::vector<Pending*> take_group();
  void run_group(const std::vector<Pending*>& group);
  void run_one(Pending& pending, bool in_savepoint);
  void checkpoint_if_due() noexcept;

  Connection& connection_;
  Turn& turn_;
  Wake& wake_;
  std::function<std::int64_t()> now_;
  const std::chrono::nanoseconds turn_limit_;
  pid_t process_;

  Mutex mutex_;
  bool has_leader_ STINT_GUARDED_BY(mutex_) = false;
  std::vector<Pending*> waiting_ STINT_GUARDED_BY(mutex_);

  // The leader's.
  int wal_pages_ = 0;            // in the log after the last commit
  int checkpoint_at_pages_ = 0;  // when to try next
};

}  // namespace stint::sqlite
