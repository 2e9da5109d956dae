#include "backends/postgres/database.hpp"
#include <array>
#include <chrono>
#include <utility>
#include "backends/postgres/errors.hpp"

namespace stint::postgres {
namespace {

constexpr int kMostCollisions = 3;
// One over a connection that had died while it lay idle, one over a new one.
constexpr int kMostLosses = 2;

// Throw it, with the doubt that an earlier try has left.
[[noreturn]] void fail(const Error& error, bool in_doubt) {
  if (in_doubt && !error.outcome_unknown()) throw with_doubt(error);
  throw Error{error};
}

}  // namespace

std::vector<Result> Database::run(std::span<const Command> commands, Resend resend,
                                  std::uint64_t* number) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  const auto is_late = [&] {
    return options_.request_timeout.count() > 0 && Clock::now() - begun >= options_.request_timeout;
  };
  int collisions = 0;
  int losses = 0;
  bool in_doubt = false;
  while (true) {
    // A connection that cannot be made is no transaction that failed: this one throws at once.
    const Pool::Loan connection = borrow(in_doubt);
    try {
      if (number != nullptr) *number = connection->number();
      is_direct_.store(connection->is_direct(), std::memory_order_relaxed);
      return connection->run(commands);
    } catch (const Error& error) {
      if (is_collision(error)) {
        if (++collisions > kMostCollisions || is_late()) fail(error, in_doubt);
      } else if (!connection->usable()) {
        pool_.drop_idle();
        in_doubt = in_doubt || error.outcome_unknown();
        const bool may_resend = resend == Resend::kAllowed || !error.outcome_unknown();
        if (!may_resend || ++losses >= kMostLosses || is_late()) fail(error, in_doubt);
      } else {
        fail(error, in_doubt);
      }
    }
  }
}

Pool::Loan Database::borrow(bool in_doubt) {
  try {
    return pool_.borrow();
  } catch (const Error& error) {
    if (!in_doubt) throw;
    throw with_doubt(error);
  }
}

Result Database::run(const SqlFile& file, Parameters parameters, Resend resend) {
  const std::array<Command, 1> commands{Command{&file, std::move(parameters)}};
  return std::move(run(commands, resend).front());
}

std::optional<StoreTime> Database::test_time() const {
  MutexLock lock(mutex_);
  return test_time_;
}

void Database::set_test_time(std::optional<StoreTime> time) {
  MutexLock lock(mutex_);
  test_time_ = time;
}

}  // namespace stint::postgres
