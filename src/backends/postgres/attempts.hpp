/// Transactions of attempts: the task's own writes and the job's completion in one.
#pragma once
#include <sys/types.h>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <libpq-fe.h>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/connection.hpp"
#include "base/unique_fd.hpp"
#include "core/attempt_transaction.hpp"

namespace stint::postgres {

/// Give a handle for cancelling back to libpq.
struct CancelDeleter {
  void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
};

/// Hold one connection of its own, in plain mode: what a task sees is libpq as it knows it. Nothing
/// of one attempt's session is left to the next: it is reset, or replaced where that is unsure.
class PostgresAttempts final : public AttemptConnection {
 public:
  explicit PostgresAttempts(ConnectOptions options);
  ~PostgresAttempts() override;
  PostgresAttempts(const PostgresAttempts&) = delete;
  PostgresAttempts& operator=(const PostgresAttempts&) = delete;

  std::unique_ptr<AttemptTransaction> begin(JobId id, Epoch epoch) override;

 private:
  friend class Attempt;

  void open();
  void close();
  /// Leave nothing of the attempt's session behind, or no session.
  void reset() noexcept;
  /// Whether the connection is as it was given out, as far as libpq knows.
  bool is_sound() const;
  void begin_on_connection(const std::string& mark);

  const ConnectOptions options_;
  ConnectionPointer connection_;
  std::unique_ptr<PGcancel, CancelDeleter> cancel_;
  UniqueFd socket_;          // the connection's, whatever libpq does with its own descriptor
  bool is_direct_ = false;   // it has a session of its own
  pid_t process_ = 0;        // which opened it; a fork of it must not touch it
  std::uint64_t begun_ = 0;  // attempts: an old one must not touch what is the next one's
  std::atomic<bool> is_spoiled_{false};  // by a cancel that may still be on its way
};

}  // namespace stint::postgres
