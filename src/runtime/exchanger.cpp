#include "runtime/exchanger.hpp"
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include "base/log.hpp"
#include "base/test_point.hpp"
#include "runtime/executor.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::microseconds;

// All exchangers are one role: one of them may not have anything to do for long.
constexpr const char* kRole = "exchanger";

// The board holds a completion's end as a negative moment of the boot clock, so that adding the
// present moment gives the time passed since.
void shift_ends(std::vector<Completion>& completions, microseconds by) {
  for (Completion& one : completions) one.ended_before += by;
}

microseconds boot_microseconds(const Clock& clock) {
  return std::chrono::duration_cast<microseconds>(clock.boot_now());
}

}  // namespace

void Exchanger::run() {
  for (;;) {
    comes_in({});
    std::optional<ExchangePlan> plan = context_.board.plan_exchange(is_main_);
    if (plan) {
      perform(std::move(*plan));
    } else if (!wait()) {
      return;
    }
  }
}

bool Exchanger::wait() {
  if (!is_main_) return context_.board.wait_for_help_wanted();
  const bool is_closed = context_.board.is_closed();
  if (is_closed && context_.board.standing().is_empty) return false;
  const auto longest = context_.board.longest_wait();
  comes_in(longest);
  context_.wake_up.wait_for(longest);
  if (context_.wake_up.take_request() && context_.on_request) context_.on_request();
  context_.board.expect_jobs();
  return true;
}

void Exchanger::perform(ExchangePlan plan) {
  const microseconds now = boot_microseconds(context_.clock);
  shift_ends(plan.completions, now);
  try {
    // What a job logged is there once the job is seen to have ended.
    if (!plan.completions.empty()) flush_logs();
    STINT_TEST_POINT("exchanger.before_exchange");
    const WorkerId claimer = context_.session.worker();
    const auto sent_at = context_.clock.boot_now();
    Exchange reply = exchange_with_store(plan, claimer);
    context_.metrics.exchange.observe(context_.clock.boot_now() - sent_at);
    STINT_TEST_POINT("exchanger.after_exchange");
    count(plan, reply);
    context_.board.merge(plan, std::move(reply), claimer == context_.session.worker());
    context_.outages.answered(kRole);
    backoff_.reset();
  } catch (const Error& error) {
    context_.metrics.exchange_failures.add();
    shift_ends(plan.completions, -now);
    context_.board.undo(std::move(plan));
    if (!error.retryable()) throw;  // no later try can go better
    pause_after_failure(error);
  }
}

void Exchanger::flush_logs() {
  const StoreWait wait = wait_for_store();
  context_.logs.flush(context_.store);
}

Exchange Exchanger::exchange_with_store(ExchangePlan& plan, WorkerId claimer) {
  ClaimRequest request;
  if (plan.claim_limit > 0) {
    request = {.worker = claimer,
               .node = context_.session.info().node,
               .tasks = plan.is_ahead ? context_.ahead : context_.tasks,
               .domain = context_.domains.at(plan.domain),
               .limit = plan.claim_limit};
  }
  try {
    const StoreWait wait = wait_for_store();
    return context_.store.exchange(plan.completions, plan.claim_limit > 0 ? &request : nullptr);
  } catch (const Error& error) {
    if (error.retryable() || plan.completions.empty()) throw;
    return complete_one_by_one(plan, error.what());
  }
}

Exchange Exchanger::write_alone(const Completion& one) {
  const StoreWait wait = wait_for_store();
  return context_.store.exchange({&one, 1}, nullptr);
}

/// One completion that the store will never take must not hold up the others: find it, and let its
/// job fail with that cause.
Exchange Exchanger::complete_one_by_one(ExchangePlan& plan, const std::string& reason) {
  log_error("worker", "a batch of {} results was refused ({}); writing them one by one",
            plan.completions.size(), reason);
  plan.is_scanned = false;
  Exchange reply;
  for (Completion& one : plan.completions) {
    Exchange answer;
    try {
      answer = write_alone(one);
    } catch (const Error& error) {
      if (error.retryable()) throw;  // those already written are fenced when they are repeated
      Completion failed{.id = one.id, .epoch = one.epoch, .outcome = Outcome::kRejected};
      failed.ran_for = one.ran_for;
      failed.ended_before = one.ended_before;
      failed.cause = "error";
      failed.error = error_json("stint::Error", "the store refused the result");
      log_error("worker", "the result of job {} was refused: {}", one.id.value, error.what());
      answer = write_refused(failed);
      one = std::move(failed);
    }
    std::ranges::copy(answer.completed, std::back_inserter(reply.completed));
    std::ranges::copy(answer.states, std::back_inserter(reply.states));
  }
  return reply;
}

/// Even that may be refused where somebody has changed the tables by hand: one job must not end the
/// worker, and then the next one.
Exchange Exchanger::write_refused(const Completion& failed) {
  try {
    return write_alone(failed);
  } catch (const Error& error) {
    if (error.retryable()) throw;
    log_error("worker", "the failure of job {} was refused, too; it is left as it is: {}",
              failed.id.value, error.what());
    return {.completed = {WriteResult::kFenced}, .states = {std::nullopt}};
  }
}

void Exchanger::count(const ExchangePlan& plan, const Exchange& reply) {
  context_.metrics.claimed.add(std::ssize(reply.claimed));
  for (std::size_t i = 0; i < reply.completed.size(); ++i) {
    if (context_.events) context_.events->written(plan.completions[i], reply.states.at(i));
    if (reply.completed[i] != WriteResult::kFenced) {
      context_.metrics.count_end(plan.completions[i]);
      continue;
    }
    context_.metrics.fenced.add();
    log_warning("worker",
                "the result of job {} (epoch {}) was dropped: the job was given to another",
                plan.completions[i].id.value, plan.completions[i].epoch.value);
  }
}

void Exchanger::pause_after_failure(const Error& error) {
  const auto pause = backoff_.next();
  context_.outages.failed(kRole, error);
  const auto until = context_.clock.boot_now() + pause;
  while (context_.clock.boot_now() < until) {
    if (context_.clock.boot_now().count() > context_.give_up_at.load()) {
      log_error("worker", "leaving results unwritten: the store does not answer");
      throw error;
    }
    comes_in(until - context_.clock.boot_now());
    context_.wake_up.wait_for(until - context_.clock.boot_now());
  }
}

void Exchanger::comes_in(std::chrono::nanoseconds pause) const {
  if (is_main_ && context_.turn != nullptr) {
    context_.turn->comes_by(context_.clock.boot_now() + pause);
  }
}

StoreWait Exchanger::wait_for_store() const {
  return StoreWait{is_main_ ? context_.turn : nullptr, context_.clock};
}

}  // namespace stint
