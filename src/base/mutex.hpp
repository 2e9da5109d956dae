/// Annotated mutexes: clang's -Wthread-safety checks what they guard. No cost over std.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define STINT_THREAD_ANNOTATION(attribute) __attribute__((attribute))
#else
#define STINT_THREAD_ANNOTATION(attribute)
#endif

/// Mark a class as a lock, or as an object that holds a lock while it lives.
#define STINT_CAPABILITY(name) STINT_THREAD_ANNOTATION(capability(name))
#define STINT_SCOPED_CAPABILITY STINT_THREAD_ANNOTATION(scoped_lockable)
/// Say which mutex guards a member, or what a pointer member points to.
#define STINT_GUARDED_BY(mutex) STINT_THREAD_ANNOTATION(guarded_by(mutex))
#define STINT_PT_GUARDED_BY(mutex) STINT_THREAD_ANNOTATION(pt_guarded_by(mutex))
/// Say that a function needs the mutex held, or must be called without it.
#define STINT_REQUIRES(...) STINT_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define STINT_EXCLUDES(...) STINT_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
/// Say that a function takes or gives the mutex.
#define STINT_ACQUIRE(...) STINT_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define STINT_RELEASE(...) STINT_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define STINT_TRY_ACQUIRE(...) STINT_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
/// Turn the check off for one function; say why beside it.
#define STINT_NO_THREAD_SAFETY_ANALYSIS STINT_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace stint {

class CondVar;
class MutexLock;

/// Exclude other threads. As std::mutex: not recursive.
class STINT_CAPABILITY("mutex") Mutex final {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() STINT_ACQUIRE() { mutex_.lock(); }
  void unlock() STINT_RELEASE() { mutex_.unlock(); }
  bool try_lock() STINT_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Hold a mutex for a scope. `unlock` and `lock` leave and enter again within the scope.
class STINT_SCOPED_CAPABILITY MutexLock final {
 public:
  explicit MutexLock(Mutex& mutex) STINT_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() STINT_RELEASE() {}  // NOLINT: clang wants a body to annotate
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() STINT_RELEASE() { lock_.unlock(); }
  void lock() STINT_ACQUIRE() { lock_.lock(); }

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

/// Wait for a change of what a mutex guards. Every wait may end for no reason: call it in a loop
/// that looks at the condition itself (a predicate in a lambda would escape the thread-safety
/// check).
class CondVar final {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }

  /// Wait for at most `duration`; tell whether the wait ended before it had passed.
  template <typename Rep, typename Period>
  bool wait_for(MutexLock& lock, std::chrono::duration<Rep, Period> duration) {
    return condition_.wait_for(lock.lock_, duration) == std::cv_status::no_timeout;
  }

  /// Wait until `deadline`; tell whether the wait ended before it.
  template <typename Clock, typename Duration>
  bool wait_until(MutexLock& lock, std::chrono::time_point<Clock, Duration> deadline) {
    return condition_.wait_until(lock.lock_, deadline) == std::cv_status::no_timeout;
  }

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace stint
