/// Who waits within this process, so that an event reaches them without the server.
#pragma once
#include <atomic>
#include <string>
#include <string_view>
#include <vector>
#include "base/mutex.hpp"

namespace stint::postgres {

/// What a notification says: a domain, or `w:ID` for a worker that is to look for aborts. A
/// domain's name has no colon.
inline constexpr std::string_view kWorkerPrefix = "w:";

/// Be told of events; called with the registry's lock held: be quick, call nothing of it.
class WakeListener {
 public:
  virtual ~WakeListener() = default;
  virtual void on_event(std::string_view what) noexcept = 0;
};

/// Hold the waiting objects of one store. Thread-safe.
class WakeRegistry final {
 public:
  void add(WakeListener& listener);
  void remove(WakeListener& listener) noexcept;
  void tell(std::string_view what);

  /// Note that a connection that listens or notifies is lost, or works again. True for the first
  /// that is lost, and for the last that works again: who is to be told of it should be told once.
  bool note_lost() { return lost_.fetch_add(1) == 0; }
  bool note_found() { return lost_.fetch_sub(1) == 1; }

  /// The process id of the server's session that sends our own notifications; 0: none. Who is in
  /// this registry has heard of them already.
  std::atomic<int> notifier_pid{0};

 private:
  std::atomic<int> lost_{0};
  Mutex mutex_;
  std::vector<WakeListener*> listeners_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint::postgres
