#include "backends/postgres/notifier.hpp"
#include <exception>
#include <utility>
#include <fmt/core.h>
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

constexpr std::chrono::milliseconds kPause{5};
// An event's memory is dropped when it has been quiet for long: workers come and go.
constexpr std::size_t kMostRemembered = 1000;

}  // namespace

Notifier::Notifier(const ConnectOptions& options, const Statements& statements,
                   std::shared_ptr<WakeRegistry> registry,
                   std::function<void(std::string_view)> notice)
    : options_(options),
      statements_(statements),
      registry_(std::move(registry)),
      notice_(std::move(notice)) {}

Notifier::~Notifier() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
    changed_.notify_all();
  }
  if (thread.joinable()) thread.join();
}

void Notifier::notify(std::string_view what) {
  registry_->tell(what);
  MutexLock lock(mutex_);
  auto found = events_.find(what);
  if (found == events_.end()) found = events_.emplace(std::string{what}, Event{}).first;
  if (found->second.pending) return;
  found->second.pending = true;
  if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

std::vector<std::string> Notifier::take_due(Clock::time_point now, Clock::time_point& next) {
  std::vector<std::string> due;
  for (auto& [what, event] : events_) {
    if (!event.pending) continue;
    if (event.not_before <= now || stopping_) {
      due.push_back(what);
      event.pending = false;
      event.not_before = now + kPause;
    } else {
      next = std::min(next, event.not_before);
    }
  }
  if (events_.size() > kMostRemembered) {
    std::erase_if(events_, [&](const auto& one) {
      return !one.second.pending && one.second.not_before <= now;
    });
  }
  return due;
}

void Notifier::run() {
  MutexLock lock(mutex_);
  while (true) {
    Clock::time_point next = Clock::time_point::max();
    const std::vector<std::string> due = take_due(Clock::now(), next);
    if (due.empty()) {
      if (stopping_) return;
      if (next == Clock::time_point::max()) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, next);
      }
      continue;
    }
    lock.unlock();
    const bool sent = send(due);
    lock.lock();
    if (sent) continue;
    // At the end one try is enough: the sleepers look by time as well.
    if (stopping_) return;
    const auto again = Clock::now() + backoff_.next();
    for (const std::string& what : due) events_[what] = {.pending = true, .not_before = again};
  }
}

bool Notifier::send(const std::vector<std::string>& events) noexcept {
  try {
    Column column = Column::texts(events.size());
    for (const std::string& what : events) column.add(std::string_view{what});
    Parameters parameters;
    parameters.add(options_.schema).add(std::move(column));
    const Command command{&sql::notify, std::move(parameters)};
    if (!connection_) {
      connection_ = std::make_unique<Connection>(options_, statements_);
      registry_->notifier_pid = PQbackendPID(connection_->raw());
    }
    connection_->run({&command, 1});
    backoff_.reset();
    const bool is_last = std::exchange(is_lost_, false) && registry_->note_found();
    if (is_last && notice_) notice_("notifications pass again");
    return true;
  } catch (const std::exception& error) {
    registry_->notifier_pid = 0;
    connection_.reset();
    try {
      const bool is_first = !std::exchange(is_lost_, true) && registry_->note_lost();
      if (is_first && notice_) {
        notice_(fmt::format("notifications do not pass, workers look by time: {}", error.what()));
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
      // A notice that cannot be given is no reason to end the thread.
    }
    return false;
  }
}

}  // namespace stint::postgres
