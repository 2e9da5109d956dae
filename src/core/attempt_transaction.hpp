/// The seam for tasks whose own writes and whose completion are one transaction.
#pragma once
#include <memory>
#include "core/job_records.hpp"
#include "stint/job.hpp"

namespace stint {

/// The transaction of one attempt. Used by the thread that began it, but for `cancel` and `sever`.
/// What was not completed is rolled back by the destructor. The connection outlives it.
class AttemptTransaction : public Transaction {
 public:
  /// Write the end of a job that is done and commit it together with what the task has written. A
  /// job with the id 0 is not stored: then only the latter.
  ///
  /// kFenced: everything was rolled back. Throws Reject if the task has ended the transaction
  /// itself; Error: retryable if the connection broke and nothing was committed, otherwise what the
  /// task left behind cannot be committed. An error with outcome_unknown() leaves open what became
  /// of it: call again, which asks the store and never guesses.
  virtual WriteResult complete(const Completion& done) = 0;

  /// Whether the task has ended the transaction itself, as far as its connection can still tell.
  virtual bool was_ended_by_task() noexcept = 0;

  /// Whether the connection broke, so that all that the task has written is gone.
  virtual bool is_lost() const = 0;

  /// Have the statement that is under way fail. From any thread; may take as long as a connection
  /// to the server does.
  virtual void cancel() noexcept = 0;
  /// Break the connection, so that the server rolls back. From any thread; quick.
  virtual void sever() noexcept = 0;
};

/// The connection of one slot, on which its attempts have their transactions, one after the other.
/// Used by one thread.
class AttemptConnection {
 public:
  virtual ~AttemptConnection() = default;

  /// Begin a transaction, on a connection without any trace of the one before: anew if it has to
  /// be. Throws Error.
  virtual std::unique_ptr<AttemptTransaction> begin(JobId id, Epoch epoch) = 0;
};

}  // namespace stint
