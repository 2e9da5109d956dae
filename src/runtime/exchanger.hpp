/// Write what ended and claim what is next, in one transaction: claimer and completer fused.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>
#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "core/store.hpp"
#include "runtime/job_board.hpp"
#include "runtime/log_buffer.hpp"
#include "runtime/outage_log.hpp"
#include "runtime/session.hpp"
#include "runtime/turn_times.hpp"
#include "runtime/worker_events.hpp"
#include "runtime/worker_metrics.hpp"

namespace stint {

/// What all exchangers of a worker share.
struct ExchangeContext {
  Store& store;
  JobBoard& board;
  LogBuffer& logs;
  Session& session;
  WakeUp& wake_up;
  const Clock& clock;
  std::vector<std::string> tasks;    ///< those that this worker has
  std::vector<std::string> ahead;    ///< of them, those whose jobs may be claimed ahead
  std::vector<std::string> domains;  ///< as the board numbers them
  WorkerMetrics& metrics;
  OutageLog& outages;
  /// Once closed, writes that the store does not take are given up at this moment on the boot
  /// clock.
  std::atomic<std::int64_t> give_up_at = INT64_MAX;
  /// Called when something may have been asked of a running job. May be empty.
  std::function<void()> on_request = {};
  std::shared_ptr<WorkerEvents> events = {};  ///< null: nobody listens
  /// Of the main exchanger; may be null.
  TurnTime* turn = nullptr;
};

/// One loop of exchanges. Several may run at once; one of them is the main one and waits for
/// events.
class Exchanger final {
 public:
  Exchanger(ExchangeContext& context, bool is_main) : context_(context), is_main_(is_main) {}

  /// Work until the board is closed and everything is written.
  void run();

 private:
  bool wait();
  void perform(ExchangePlan plan);
  void flush_logs();
  Exchange exchange_with_store(ExchangePlan& plan, WorkerId claimer);
  Exchange complete_one_by_one(ExchangePlan& plan, const std::string& reason);
  Exchange write_alone(const Completion& one);
  Exchange write_refused(const Completion& failed);
  void count(const ExchangePlan& plan, const Exchange& reply);
  void pause_after_failure(const Error& error);
  /// Say when the main exchanger comes round.
  void comes_in(std::chrono::nanoseconds pause) const;
  /// Around each call of the store.
  StoreWait wait_for_store() const;

  ExchangeContext& context_;
  const bool is_main_;
  // Work is to go on within seconds of a server that is back.
  Backoff backoff_{{.longest = std::chrono::seconds{2}}};
};

}  // namespace stint
