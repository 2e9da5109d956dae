/// Wait for a server's answer, but not for ever.
#pragma once
#include <chrono>
#include <libpq-fe.h>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/statements.hpp"

namespace stint::postgres {

/// Watch over the answers of one session. A connection can die without a word: a cable is cut, a
/// firewall forgets it, a balancer swallows what comes. TCP notices the first two where its packets
/// are not acknowledged; the last one nobody does.
///
/// After two seconds of silence another session is made and asks whether the first one is at
/// work. If it is, there is no limit to the wait: a row may be locked for an hour. If it waits for
/// us instead, or is gone, the connection is dead; the session is ended, so that nothing stays
/// locked by it. Where nobody can say (behind a pooler, or when no other session can be made),
/// silence may last for the URL's answer_timeout. With a request_timeout it lasts no longer than
/// that, and nobody is asked.
///
/// Not thread-safe.
class AnswerWatch final {
 public:
  /// Both must outlive the watch.
  AnswerWatch(const ConnectOptions& options, const Statements& statements)
      : options_(options), statements_(statements) {}

  /// Say whether the session is served by the process whose number the connection was given: only
  /// then can another session ask about it.
  void set_direct(bool is_direct) { can_ask_ = is_direct && options_.request_timeout.count() == 0; }

  /// Wait until PQgetResult does not block. False: the connection is dead.
  bool wait(PGconn* connection) const {
    return options_.request_timeout.count() > 0 ? wait(connection, options_.request_timeout)
                                                : wait(connection, options_.answer_timeout);
  }
  /// The same with another limit of silence; zero: none.
  bool wait(PGconn* connection, std::chrono::milliseconds limit) const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Session { kWorks, kIsDead, kUnknown };

  /// Ask about a session by another one; end it if it is dead.
  Session ask(PGconn* connection) const noexcept;

  const ConnectOptions& options_;
  const Statements& statements_;
  const Clock::time_point begun_ = Clock::now();
  bool can_ask_ = false;
};

}  // namespace stint::postgres
