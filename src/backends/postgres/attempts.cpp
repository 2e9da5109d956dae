#include "backends/postgres/attempts.hpp"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/exchange_commands.hpp"
#include "backends/postgres/plain_statement.hpp"
#include "backends/postgres/statements.hpp"
#include "base/test_point.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

Error left_behind(std::string_view what) {
  return Error{ErrorCode::kInvalid,
               fmt::format("{}: nothing of the attempt is kept", what),
               {.backend = "postgresql"}};
}

Reject ended_by_task() {
  return Reject{
      "the task ended its transaction itself (COMMIT, ROLLBACK or a new connection): what it "
      "committed stays, and it is not run again because it would do that twice; leave the end of "
      "the transaction to the library"};
}

}  // namespace

class Attempt final : public AttemptTransaction {
 public:
  Attempt(PostgresAttempts& owner, JobId id, Epoch epoch, std::string mark)
      : owner_(owner), number_(owner.begun_), id_(id), epoch_(epoch), mark_(std::move(mark)) {}
  ~Attempt() override;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  std::string_view backend() const override { return "postgresql"; }
  void* native_handle() override { return connection(); }

  WriteResult complete(const Completion& done) override;
  bool was_ended_by_task() noexcept override;
  bool is_lost() const override { return is_lost_ || PQstatus(connection()) == CONNECTION_BAD; }
  void cancel() noexcept override;
  void sever() noexcept override { ::shutdown(owner_.socket_.get(), SHUT_RDWR); }

 private:
  PGconn* connection() const { return owner_.connection_.get(); }
  Result run(const SqlFile& file, const Parameters& parameters = {});
  void require_sound() const;
  void require_own();
  bool write(const Completion& done);
  void commit();
  WriteResult settle();

  PostgresAttempts& owner_;
  const std::uint64_t number_;
  const JobId id_;
  const Epoch epoch_;
  const std::string mark_;
  bool is_over_ = false;
  bool is_doubtful_ = false;  // the reply to the commit was lost
  bool is_lost_ = false;
};

Attempt::~Attempt() {
  if (::getpid() != owner_.process_) return;  // a fork: the session is its parent's
  if (number_ != owner_.begun_) return;       // the connection is the next attempt's
  try {
    if (!is_over_ && PQtransactionStatus(connection()) != PQTRANS_IDLE) {
      if (owner_.is_sound()) run(sql::rollback_attempt);
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
    // The end of the connection rolls back as well.
  }
  owner_.reset();
}

void Attempt::cancel() noexcept {
  // It may arrive late, and must not meet the statement of another attempt.
  owner_.is_spoiled_ = true;
  std::array<char, 256> why{};
  PQcancel(owner_.cancel_.get(), why.data(), static_cast<int>(why.size()));
}

WriteResult Attempt::complete(const Completion& done) {
  if (is_doubtful_) return settle();
  require_sound();
  if (!id_) {
    require_own();
  } else if (!write(done)) {
    require_own();  // else it is not the job that was given to another
    run(sql::rollback_attempt);
    is_over_ = true;
    return WriteResult::kFenced;
  }
  STINT_TEST_POINT("postgres.before_attempt_commit");
  commit();
  return WriteResult::kAccepted;
}

bool Attempt::was_ended_by_task() noexcept {
  if (is_over_ || is_doubtful_ || ::getpid() != owner_.process_) return false;
  if (PQpipelineStatus(connection()) != PQ_PIPELINE_OFF) return false;
  const PGTransactionStatusType status = PQtransactionStatus(connection());
  if (status == PQTRANS_IDLE) return true;
  if (status != PQTRANS_INTRANS) return false;  // a failed one cannot be asked
  try {
    require_own();
  } catch (const Reject&) {
    return true;
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
    // The connection broke: that is told by is_lost.
  }
  return false;
}

Result Attempt::run(const SqlFile& file, const Parameters& parameters) {
  try {
    return run_plain(connection(), file, owner_.options_.schema, parameters);
  } catch (const Error& error) {
    is_lost_ = is_lost_ || (error.retryable() && error.native_code().empty());
    throw;
  }
}

void Attempt::require_sound() const {
  if (::getpid() != owner_.process_) {
    throw left_behind("this is a fork of the process that has the transaction");
  }
  if (PQpipelineStatus(connection()) != PQ_PIPELINE_OFF) {
    throw left_behind("the task left its connection in pipeline mode");
  }
  switch (PQtransactionStatus(connection())) {
    case PQTRANS_INTRANS:
      PQsetnonblocking(connection(), 0);
      return;
    case PQTRANS_INERROR:
      throw left_behind(
          "a statement of the task failed and its transaction with it, though the task returned");
    case PQTRANS_ACTIVE:
      throw left_behind("the task left a statement or COPY unfinished on its connection");
    case PQTRANS_IDLE:
      throw ended_by_task();
    case PQTRANS_UNKNOWN:
      break;
  }
  throw lost_error(connection(), sql::complete_attempt.name, false);
}

void Attempt::require_own() {
  Parameters parameters;
  parameters.add(std::string_view{mark_});
  if (!run(sql::attempt_is_open, parameters).row(0).boolean(0)) throw ended_by_task();
}

bool Attempt::write(const Completion& done) {
  Parameters parameters;
  parameters.add(std::string_view{mark_})
      .add(id_)
      .add(epoch_.value)
      .add(static_cast<std::int64_t>(done.ran_for.count()))
      .add_or_null(done.output);
  if (run(sql::complete_attempt, parameters).empty()) return false;
  for (std::size_t i = 0; i < done.attachments.size(); ++i) {
    run(sql::insert_output_attachments,
        output_attachment(id_, epoch_, static_cast<std::int32_t>(i), done.attachments[i]));
  }
  return true;
}

void Attempt::commit() {
  try {
    run(sql::commit_attempt);
  } catch (const Error& error) {
    if (!error.retryable() || PQtransactionStatus(connection()) == PQTRANS_IDLE) {
      is_over_ = true;  // refused, as by a deferred constraint: rolled back
      throw;
    }
    if (!id_) {
      is_over_ = true;
      throw Error{ErrorCode::kUnavailable,
                  fmt::format("the connection broke while the transaction was being committed: "
                              "whether it was is not known, and there is no stored job to tell; "
                              "look at what it wrote before you run it again ({})",
                              error.what()),
                  {.backend = "postgresql"}};
    }
    is_doubtful_ = true;
    is_lost_ = false;  // that is not known yet
    throw with_doubt(error);
  }
  is_over_ = true;
}

/// The old session, if there still is one, has locked the job's row until its transaction is over:
/// whoever has that lock next, sees for certain what became of it.
WriteResult Attempt::settle() {
  try {
    const Statements statements{owner_.options_.schema};
    Connection fresh{owner_.options_, statements};
    Parameters job;
    job.add(id_);
    Parameters attempt;
    attempt.add(id_).add(epoch_.value);
    const std::array<Command, 2> commands{Command{&sql::lock_job, std::move(job)},
                                          Command{&sql::find_done, std::move(attempt)}};
    const std::vector<Result> results = fresh.run(commands);
    is_doubtful_ = false;
    is_over_ = true;
    if (results.back().row(0).boolean(0)) return WriteResult::kAccepted;
  } catch (const Error& error) {
    throw with_doubt(error);
  }
  is_lost_ = true;
  throw lost_error(connection(), sql::commit_attempt.name, false);
}

// --- The connection -----------------------------------------------------------------------------

PostgresAttempts::PostgresAttempts(ConnectOptions options) : options_(std::move(options)) {}

PostgresAttempts::~PostgresAttempts() {
  // To end the session by libpq would end that of the process that was forked.
  if (!connection_ || ::getpid() == process_) return;
  [[maybe_unused]] const PGconn* const left_alone = connection_.release();
}

void PostgresAttempts::open() {
  connection_ = connect(options_);
  cancel_.reset(PQgetCancel(connection_.get()));
  socket_.reset(::fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 3));
  process_ = ::getpid();
  is_spoiled_ = false;
  // A pooler cannot know the process that will serve us, so the number that it gave for cancelling
  // is not that process's.
  const Result serving = run_plain(connection_.get(), sql::serving_process, options_.schema);
  is_direct_ = serving.row(0).int32(0) == PQbackendPID(connection_.get());
}

void PostgresAttempts::close() {
  connection_.reset();
  cancel_.reset();
  socket_.reset();
}

// At once, not before the next attempt: what the session holds, as an advisory lock, would be held
// for as long as the slot has nothing to do. Behind a pooler there is no session that would be ours
// to reset, but the pooler has its own way once the client has gone.
void PostgresAttempts::reset() noexcept {
  try {
    const bool is_ours = is_direct_ && is_sound() && !is_spoiled_ &&
                         PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
    if (is_ours) {
      run_plain(connection_.get(), sql::reset_session, options_.schema);
    } else {
      close();
    }
  } catch (const std::exception&) {
    close();
  }
}

bool PostgresAttempts::is_sound() const {
  return PQstatus(connection_.get()) == CONNECTION_OK &&
         PQpipelineStatus(connection_.get()) == PQ_PIPELINE_OFF &&
         PQisnonblocking(connection_.get()) == 0 &&
         PQtransactionStatus(connection_.get()) != PQTRANS_ACTIVE;
}

std::unique_ptr<AttemptTransaction> PostgresAttempts::begin(JobId id, Epoch epoch) {
  const bool is_clean = connection_ && is_sound() && !is_spoiled_ &&
                        PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  if (!is_clean) close();
  ++begun_;
  std::string mark = fmt::format("{}:{}", id.value, epoch.value);
  if (connection_) {
    try {
      begin_on_connection(mark);
      return std::make_unique<Attempt>(*this, id, epoch, std::move(mark));
    } catch (const Error&) {
      close();  // most likely it died while it lay idle
    }
  }
  open();
  begin_on_connection(mark);
  return std::make_unique<Attempt>(*this, id, epoch, std::move(mark));
}

void PostgresAttempts::begin_on_connection(const std::string& mark) {
  run_plain(connection_.get(), sql::begin_attempt, options_.schema);
  Parameters parameters;
  parameters.add(std::string_view{mark});
  run_plain(connection_.get(), sql::mark_attempt, options_.schema, parameters);
}

}  // namespace stint::postgres
