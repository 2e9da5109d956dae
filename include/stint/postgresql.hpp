/// What only a PostgreSQL store has: jobs in the caller's own transaction, and attempts in one.
/// Include libpq-fe.h to do anything with a connection; this header does not need it.
#pragma once
#include <string_view>
#include <type_traits>
#include "stint/client.hpp"
#include "stint/enqueue.hpp"
#include "stint/job.hpp"
#include "stint/json.hpp"
#include "stint/task.hpp"

struct pg_conn;  // libpq's PGconn

namespace stint::postgresql {

/// Return the connection of an attempt's transaction: `connection(job.transaction())`. It stays the
/// library's: neither close it nor end its transaction. Throws Error kUsage for a transaction of
/// another backend.
pg_conn* connection(Transaction& transaction);

/// For the library itself.
struct Access {
  static JobId run(pg_conn* connection, const SqlStatement& statement);
  template <typename Result>
  static JobHandle<Result> handle(const Client& client, JobId id) {
    return JobHandle<Result>{client.impl_, Enqueued{.id = id}};
  }
};

/// Enqueue one typed job in the transaction that is open on `connection`: it exists once the caller
/// commits, which also wakes workers, and never did after a rollback. The connection may be to any
/// role that `db grant enqueue` was run for, and must lead to the database of the client's store.
/// It is the caller's: nothing is committed and no state is left in its session.
///
/// What `enqueue` checks is checked before anything is sent. An error of the server aborts the
/// caller's transaction, as that of any statement does. Throws Error: as `Client::sql_enqueue`;
/// kInvalid for a connection that is not within a sound transaction, is in pipeline mode or has no
/// such schema; kUnavailable if it is broken.
///
/// Until the commit the job is not to be found: `get()` and the like throw kNotFound. `inserted()`
/// is true even where the idempotency key was known.
template <typename Args, typename Result>
JobHandle<Result> enqueue(Client& client, pg_conn* connection, const Task<Args, Result>& task,
                          const std::type_identity_t<Args>& args,
                          const EnqueueOptions& options = {}) {
  const SqlStatement statement = client.sql_enqueue(task, args, options);
  return Access::handle<Result>(client, Access::run(connection, statement));
}

/// The same by the task's name; `args` is an object.
inline JobHandle<> enqueue(Client& client, pg_conn* connection, std::string_view task,
                           const json& args = json::object(), const EnqueueOptions& options = {}) {
  const SqlStatement statement = client.sql_enqueue(task, args, options);
  return Access::handle<json>(client, Access::run(connection, statement));
}

}  // namespace stint::postgresql
