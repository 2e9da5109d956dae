#include "backends/postgres/answer_watch.hpp"
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <string_view>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/result.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kFirstLook{2};  // silence before somebody else is asked
constexpr seconds kNextLook{10};  // between looks at a session that works
constexpr seconds kProbe{3};      // for the other session to be made, and for each of its answers
// An answer may be on its way while we hear that the session has given it.
constexpr milliseconds kLastWord{500};

// True: something can be read, or the connection broke.
bool wait_for_input(PGconn* connection, std::chrono::steady_clock::duration limit) {
  pollfd file{PQsocket(connection), POLLIN, 0};
  const auto left = std::max(limit, std::chrono::steady_clock::duration::zero());
  const auto whole = std::chrono::duration_cast<seconds>(left);
  const timespec time{whole.count(), std::chrono::nanoseconds{left - whole}.count()};
  return ppoll(&file, 1, &time, nullptr) > 0;
}

// What we sent is still on its way: then TCP itself watches over the connection.
bool is_sending(PGconn* connection) {
  int bytes = 0;
  return ioctl(PQsocket(connection), SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

// The URL may name several servers: only the one that has the session can be asked about it.
ConnectOptions for_probe(ConnectOptions options, PGconn* connection) {
  auto& parameters = options.parameters;
  std::erase_if(parameters, [](const auto& one) {
    constexpr std::array<std::string_view, 5> kOurs{"host", "hostaddr", "port", "connect_timeout",
                                                    "target_session_attrs"};
    return std::ranges::find(kOurs, one.first) != kOurs.end();
  });
  const auto add = [&](const char* keyword, const char* value) {
    if (value != nullptr && *value != '\0') parameters.emplace_back(keyword, value);
  };
  add("host", PQhost(connection));
  add("hostaddr", PQhostaddr(connection));
  add("port", PQport(connection));
  parameters.emplace_back("connect_timeout", std::to_string(kProbe.count()));
  return options;
}

// Run one of the statements about a session; null if no answer comes.
ResultPointer run_about(const AnswerWatch& watch, PGconn* probe, const std::string& text, int pid,
                        seconds age) {
  const std::string process = std::to_string(pid);
  const std::string seconds_old = std::to_string(age.count());
  const std::array<const char*, 2> values{process.c_str(), seconds_old.c_str()};
  if (PQsendQueryParams(probe, text.c_str(), 2, nullptr, values.data(), nullptr, nullptr, 0) != 1 ||
      !watch.wait(probe, kProbe)) {
    return nullptr;
  }
  ResultPointer result{PQgetResult(probe)};
  while (watch.wait(probe, kProbe)) {
    if (!ResultPointer{PQgetResult(probe)}) return result;
  }
  return nullptr;
}

}  // namespace

bool AnswerWatch::wait(PGconn* connection, milliseconds limit) const {
  if (PQisBusy(connection) == 0) return true;
  auto heard = Clock::now();
  auto look = heard + kFirstLook;
  while (PQisBusy(connection) != 0) {
    if (PQsocket(connection) < 0) return true;  // it is closed: PQgetResult tells the error
    auto until = can_ask_ ? look : Clock::time_point::max();
    if (limit.count() > 0) until = std::min(until, heard + limit);
    if (until == Clock::time_point::max()) until = Clock::now() + std::chrono::hours{1};
    if (wait_for_input(connection, until - Clock::now())) {
      if (PQconsumeInput(connection) != 1) return true;
      heard = Clock::now();
      look = heard + kFirstLook;
      continue;
    }
    Session session = Session::kUnknown;
    const bool asks = can_ask_ && Clock::now() >= look;  // else a signal came, or the limit
    if (asks) session = ask(connection);
    const auto now = Clock::now();
    if (asks) look = now + (session == Session::kWorks ? kNextLook : kFirstLook);
    if (session == Session::kWorks) heard = now;
    if (session == Session::kIsDead) return false;
    const bool is_over = limit.count() > 0 && now - heard >= limit;
    if (is_over && !wait_for_input(connection, {})) return false;
  }
  return true;
}

AnswerWatch::Session AnswerWatch::ask(PGconn* connection) const noexcept {
  try {
    if (is_sending(connection)) return Session::kUnknown;
    const auto age = std::chrono::duration_cast<seconds>(Clock::now() - begun_);
    const int pid = PQbackendPID(connection);
    const ConnectOptions options = for_probe(options_, connection);
    const ConnectionPointer probe = connect(options);
    const AnswerWatch watch{options, statements_};
    const auto ask_for = [&](const SqlFile& file) {
      return run_about(watch, probe.get(), statements_.text(file), pid, age);
    };
    const ResultPointer state = ask_for(sql::session_works);
    if (PQresultStatus(state.get()) != PGRES_TUPLES_OK) return Session::kUnknown;
    const bool is_gone = PQntuples(state.get()) == 0;
    if (!is_gone && PQgetisnull(state.get(), 0, 0) != 0) return Session::kUnknown;
    if (!is_gone && *PQgetvalue(state.get(), 0, 0) == 't') return Session::kWorks;
    if (wait_for_input(connection, kLastWord)) return Session::kWorks;
    // If this fails, the server finds out by itself, later.
    if (!is_gone) static_cast<void>(ask_for(sql::end_session));
    return Session::kIsDead;
  } catch (const std::exception&) {
    return Session::kUnknown;
  }
}

}  // namespace stint::postgres
