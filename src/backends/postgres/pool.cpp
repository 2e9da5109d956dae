#include "backends/postgres/pool.hpp"
#include <utility>

namespace stint::postgres {

Pool::Loan Pool::borrow() {
  {
    MutexLock lock(mutex_);
    while (lent_ >= options_.pool) returned_.wait(lock);
    ++lent_;
    if (!idle_.empty()) {
      // The one used last: the others get old and few are kept busy.
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Loan{*this, std::move(connection), false};
    }
  }
  try {
    return Loan{*this, std::make_unique<Connection>(options_, statements_), true};
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Pool::give_back(std::unique_ptr<Connection> connection) noexcept {
  MutexLock lock(mutex_);
  --lent_;
  if (connection && connection->usable()) {
    try {
      idle_.push_back(std::move(connection));
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see below
      // Then it is closed with its owner.
    }
  }
  returned_.notify_one();
}

void Pool::drop_idle() {
  std::vector<std::unique_ptr<Connection>> closing;
  MutexLock lock(mutex_);
  closing.swap(idle_);
}

}  // namespace stint::postgres
