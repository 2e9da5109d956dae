#include "backends/postgres/wake_up.hpp"
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/statements.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// libpq's own connect_timeout does not count where we wait for the socket ourselves.
constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kAnswerTimeout{5};
constexpr std::chrono::seconds kCheckEvery{3};

struct NotifyDeleter {
  void operator()(PGnotify* notification) const noexcept { PQfreemem(notification); }
};

}  // namespace

PostgresWakeUp::PostgresWakeUp(ConnectOptions options, std::shared_ptr<WakeRegistry> registry,
                               std::span<const std::string> domains,
                               std::function<void(std::string_view)> notice)
    : options_(std::move(options)),
      registry_(std::move(registry)),
      domains_(domains.begin(), domains.end()),
      notice_(std::move(notice)),
      event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      state_(options_.listen == Listen::kNever ? State::kUseless : State::kOff) {
  if (event_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  registry_->add(*this);
}

PostgresWakeUp::~PostgresWakeUp() {
  registry_->remove(*this);
  if (is_lost_) registry_->note_found();
  close(event_fd_);
}

void PostgresWakeUp::interrupt() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the wait ends as well.
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);
}

void PostgresWakeUp::on_event(std::string_view what) noexcept {
  if (hear(what)) interrupt();
}

bool PostgresWakeUp::hear(std::string_view what) {
  // Which worker of this store is meant is not known here: a new one has a new number.
  const bool is_request = what.starts_with(kWorkerPrefix);
  if (is_request) has_request_ = true;
  return is_request || domains_.contains(what);
}

void PostgresWakeUp::wait_for(std::chrono::nanoseconds timeout) {
  const auto deadline =
      Clock::now() + std::min<std::chrono::nanoseconds>(timeout, std::chrono::hours{24});
  while (true) {
    const bool woken = advance();
    if (sleep_until(woken ? Clock::time_point{} : deadline) || woken) return;
    if (Clock::now() >= deadline) return;
  }
}

bool PostgresWakeUp::sleep_until(Clock::time_point deadline) {
  std::array<pollfd, 2> files{{{event_fd_, POLLIN, 0}, {-1, 0, 0}}};
  if (state_ == State::kOff) {
    deadline = std::min(deadline, connect_at_);
  } else if (state_ != State::kUseless) {
    files[1] = {PQsocket(connection_.get()), static_cast<short>(wants_write_ ? POLLOUT : POLLIN),
                0};
    deadline = std::min(deadline, state_ == State::kListening ? check_at_ : give_up_at_);
  }
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec limit{seconds.count(), (left - seconds).count()};
  if (ppoll(files.data(), files.size(), &limit, nullptr) <= 0) return false;
  if ((files[0].revents & POLLIN) == 0) return false;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(event_fd_, &count, sizeof count);
  return true;
}

bool PostgresWakeUp::advance() {
  switch (state_) {
    case State::kOff:
      return Clock::now() >= connect_at_ && start_connecting();
    case State::kConnecting:
      return go_on_connecting();
    case State::kAskingWho:
    case State::kAskingEvents:
    case State::kListening:
    case State::kAskingLife:
      return read_input();
    case State::kUseless:
      break;
  }
  return false;
}

bool PostgresWakeUp::start_connecting() {
  std::array<const char*, 64> keywords{};
  std::array<const char*, 64> values{};
  std::size_t count = 0;
  for (const auto& [keyword, value] : options_.parameters) {
    keywords.at(count) = keyword.c_str();
    values.at(count++) = value.c_str();
  }
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) return lose();
  PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
  state_ = State::kConnecting;
  wants_write_ = true;
  give_up_at_ = Clock::now() + kConnectTimeout;
  return false;
}

bool PostgresWakeUp::go_on_connecting() {
  // libpq would wait by itself for a socket that is not ready.
  pollfd socket{PQsocket(connection_.get()), static_cast<short>(wants_write_ ? POLLOUT : POLLIN),
                0};
  if (poll(&socket, 1, 0) == 0) {
    return Clock::now() >= give_up_at_ && lose("it does not answer");
  }
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      wants_write_ = false;
      break;
    case PGRES_POLLING_WRITING:
      wants_write_ = true;
      break;
    case PGRES_POLLING_OK:
      wants_write_ = false;
      return options_.listen == Listen::kAlways ? ask(sql::listen, State::kAskingEvents)
                                                : ask(sql::serving_process, State::kAskingWho);
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
      return lose();
  }
  return Clock::now() >= give_up_at_ && lose("it does not answer");
}

bool PostgresWakeUp::ask(const SqlFile& file, State next) {
  const std::string text = text_to_send(file, options_.schema);
  if (PQsendQuery(connection_.get(), text.c_str()) != 1) return lose();
  state_ = next;
  give_up_at_ = Clock::now() + kAnswerTimeout;
  return false;
}

bool PostgresWakeUp::read_input() {
  if (PQconsumeInput(connection_.get()) != 1) return lose();
  const bool is_answered = state_ != State::kListening && read_answer();
  if (!connection_) return false;
  const bool is_told = take_notifications();
  if (state_ == State::kListening) {
    if (!is_told && Clock::now() >= check_at_) ask(sql::serving_process, State::kAskingLife);
  } else if (Clock::now() >= give_up_at_) {
    lose("it does not answer");
  }
  return is_told || is_answered;
}

bool PostgresWakeUp::read_answer() {
  while (PQisBusy(connection_.get()) == 0) {
    const ResultPointer result{PQgetResult(connection_.get())};
    if (!result) return take_answer();
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return lose();
    if (state_ == State::kAskingWho) {
      const bool is_ours =
          PQgetvalue(result.get(), 0, 0) == std::to_string(PQbackendPID(connection_.get()));
      if (!is_ours) state_ = State::kUseless;
    }
  }
  return false;
}

bool PostgresWakeUp::take_answer() {
  check_at_ = Clock::now() + kCheckEvery;
  switch (state_) {
    case State::kAskingWho:
      return ask(sql::listen, State::kAskingEvents);
    case State::kUseless:
      note_found();
      connection_.reset();
      if (notice_) notice_("a pooler passes no notifications on: looking by time");
      return false;
    case State::kAskingEvents:
      // From here on nothing is missed; what came before may have been.
      state_ = State::kListening;
      backoff_.reset();
      note_found();
      return true;
    default:
      state_ = State::kListening;
      return false;
  }
}

bool PostgresWakeUp::take_notifications() {
  bool is_told = false;
  while (
      const std::unique_ptr<PGnotify, NotifyDeleter> notification{PQnotifies(connection_.get())}) {
    check_at_ = Clock::now() + kCheckEvery;
    const bool own = notification->be_pid == registry_->notifier_pid.load();
    const bool is_heard = !own && hear(notification->extra);
    is_told = is_told || is_heard;
  }
  return is_told;
}

void PostgresWakeUp::note_found() {
  const bool is_last = std::exchange(is_lost_, false) && registry_->note_found();
  if (is_last && notice_) notice_("notifications pass again");
}

bool PostgresWakeUp::lose(std::string_view cause) {
  const bool is_first = !std::exchange(is_lost_, true) && registry_->note_lost();
  if (is_first && notice_) {
    std::string why = "out of memory";
    if (connection_) {
      why = cause.empty() ? connect_error(connection_.get(), options_.url).what()
                          : lost_error(connection_.get(), "listen", false, cause).what();
    }
    notice_(fmt::format("notifications do not pass, workers look by time: {}", why));
  }
  connection_.reset();
  state_ = State::kOff;
  connect_at_ = Clock::now() + backoff_.next();
  return false;
}

}  // namespace stint::postgres
