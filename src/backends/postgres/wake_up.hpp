/// Sleep until there is something to do.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/wake_registry.hpp"
#include "base/backoff.hpp"
#include "base/sql_file.hpp"
#include "core/store.hpp"

namespace stint::postgres {

/// Wait for events of some domains, and for aborts. LISTENs on a connection of its own, made at the
/// first wait and made anew when it breaks; meanwhile, and behind a pooler, which cannot pass
/// notifications on, it waits by time. A listener hears nothing for hours, and nothing as well if
/// its connection is dead: so it asks for a sign of life after three seconds of silence, and is
/// made anew when none comes within five. One waiting thread; `interrupt` from any.
class PostgresWakeUp final : public WakeUp, private WakeListener {
 public:
  PostgresWakeUp(ConnectOptions options, std::shared_ptr<WakeRegistry> registry,
                 std::span<const std::string> domains,
                 std::function<void(std::string_view)> notice);
  ~PostgresWakeUp() override;
  PostgresWakeUp(const PostgresWakeUp&) = delete;
  PostgresWakeUp& operator=(const PostgresWakeUp&) = delete;

  void wait_for(std::chrono::nanoseconds timeout) override;
  void interrupt() noexcept override;
  bool take_request() override { return has_request_.exchange(false); }

 private:
  using Clock = std::chrono::steady_clock;
  enum class State {
    kOff,
    kConnecting,
    kAskingWho,     // whether a pooler stands between
    kAskingEvents,  // has sent LISTEN
    kListening,
    kAskingLife,  // listens, and waits for a sign of life
    kUseless,     // a pooler: there is nothing to listen to
  };

  void on_event(std::string_view what) noexcept override;
  /// Note what an event says; whether it ends the wait.
  bool hear(std::string_view what);
  /// Go on with connecting, asking, reading; true if something happened that ends the wait.
  bool advance();
  bool start_connecting();
  bool go_on_connecting();
  bool read_input();
  bool read_answer();
  bool take_answer();
  bool take_notifications();
  /// Send a statement whose answer is to come within five seconds.
  bool ask(const SqlFile& file, State next);
  void note_found();
  bool lose(std::string_view cause = {});
  /// Sleep until the socket or the event is ready, or the deadline comes. True: the event was set.
  bool sleep_until(Clock::time_point deadline);

  const ConnectOptions options_;
  const std::shared_ptr<WakeRegistry> registry_;
  const std::set<std::string, std::less<>> domains_;
  const std::function<void(std::string_view)> notice_;
  int event_fd_;
  std::atomic<bool> has_request_{false};

  // The waiting thread's.
  ConnectionPointer connection_;
  State state_;
  bool wants_write_ = false;
  bool is_lost_ = false;
  Clock::time_point connect_at_ = {};
  Clock::time_point give_up_at_ = {};
  Clock::time_point check_at_ = {};
  Backoff backoff_;
};

}  // namespace stint::postgres
