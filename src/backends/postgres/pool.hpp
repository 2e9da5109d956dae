/// The connections of one store.
#pragma once
#include <memory>
#include <vector>
#include "backends/postgres/connection.hpp"
#include "base/mutex.hpp"

namespace stint::postgres {

/// Lend connections, opened when they are needed and kept for the next. Thread-safe.
class Pool final {
 public:
  /// Both must outlive the pool.
  Pool(const ConnectOptions& options, const Statements& statements)
      : options_(options), statements_(statements) {}

  /// A connection on loan; goes back at the end of its life if it is still usable.
  class Loan final {
   public:
    Loan(Pool& pool, std::unique_ptr<Connection> connection, bool fresh)
        : pool_(pool), connection_(std::move(connection)), fresh_(fresh) {}
    ~Loan() { pool_.give_back(std::move(connection_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    /// Whether it was opened for this loan: it cannot have been closed while it lay idle.
    bool fresh() const { return fresh_; }

   private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
    bool fresh_;
  };

  /// Lend one, waiting while all are lent. Throws Error if a new one is needed and fails.
  Loan borrow();
  /// Close all that lie idle: one of them broke, so the others did most likely as well.
  void drop_idle();

 private:
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  const ConnectOptions& options_;
  const Statements& statements_;
  Mutex mutex_;
  CondVar returned_;
  int lent_ STINT_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Connection>> idle_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint::postgres
