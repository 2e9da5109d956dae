/// What the parts of the store share: connections, statements, the time of tests.
#pragma once
#include <atomic>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>
#include <vector>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/connection.hpp"
#include "backends/postgres/pool.hpp"
#include "backends/postgres/statements.hpp"
#include "base/mutex.hpp"

namespace stint::postgres {

/// Whether a transaction may be sent once more after a lost connection, when it is not known
/// whether it was committed.
enum class Resend {
  kAllowed,  ///< reads, and writes that change nothing when they come twice
  kForbidden,
};

/// Run transactions. Thread-safe.
class Database final {
 public:
  explicit Database(ConnectOptions options)
      : options_(std::move(options)), statements_(options_.schema), pool_(options_, statements_) {}

  /// Run the commands as one transaction in one round trip. Repeats it after a deadlock or a
  /// serialization failure; after a lost connection if `resend` allows it or if nothing can have
  /// been committed. Throws Error.
  /// `number`, if given, is set to the number of the connection that it went over.
  std::vector<Result> run(std::span<const Command> commands, Resend resend,
                          std::uint64_t* number = nullptr);
  /// Run one statement that may be resent.
  Result run(const SqlFile& file, Parameters parameters = {}, Resend resend = Resend::kAllowed);

  /// The time that tests have set; nothing: the statements take the server's.
  std::optional<StoreTime> test_time() const;
  void set_test_time(std::optional<StoreTime> time);

  /// Whether the connections are the server's own sessions, as far as is known: not before the
  /// first transaction, and never behind a pooler, whose connections outlive a crash of the server.
  bool is_direct() const { return is_direct_.load(std::memory_order_relaxed); }

  const ConnectOptions& options() const { return options_; }
  const Statements& statements() const { return statements_; }

 private:
  /// `in_doubt`: an earlier try of the same transaction may have been committed.
  Pool::Loan borrow(bool in_doubt);

  const ConnectOptions options_;
  const Statements statements_;
  Pool pool_;
  std::atomic<bool> is_direct_{false};
  mutable Mutex mutex_;
  std::optional<StoreTime> test_time_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint::postgres
