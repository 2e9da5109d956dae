/// Named places in the code where tests can step in: to wait for them, or to die there.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <string_view>

/// Mark a place: `STINT_TEST_POINT("completer.before_commit");`. Costs one relaxed load and does
/// nothing unless a test has armed it. What an armed callback throws passes through the place.
#define STINT_TEST_POINT(name)                                                     \
  do {                                                                             \
    if (::stint::detail::armed_test_points.load(std::memory_order_relaxed) != 0) { \
      ::stint::detail::reach_test_point(name);                                     \
    }                                                                              \
  } while (false)

namespace stint {
namespace detail {
extern std::atomic<int> armed_test_points;
void reach_test_point(std::string_view name);
}  // namespace detail

/// Have a callback called, without a lock held, at each arrival at the named place, while this
/// object lives. Callbacks run on the arriving thread, several at once if several threads arrive;
/// the destructor waits for those that have begun (it must not run within one).
class ArmedTestPoint final {
 public:
  ArmedTestPoint(std::string_view name, std::function<void()> callback);
  ~ArmedTestPoint();
  ArmedTestPoint(const ArmedTestPoint&) = delete;
  ArmedTestPoint& operator=(const ArmedTestPoint&) = delete;

  /// Arrivals so far.
  int arrivals() const;

 private:
  int id_;
};

/// Arm places of this process for the rest of its life by a text: `name=kill`, `name=exit:3`,
/// `name=abort`, `name=halt` (the thread stands still for ever), several separated by `,` or `|`.
/// `@N` behind it acts at the N-th arrival in place of the first: `claimer.after_claim=kill@3`.
/// Throws std::invalid_argument for a text that is not of this form.
void arm_test_points(std::string_view text);

/// Do the same with the variable STINT_TEST_POINTS, if it is set. Only programs made for tests call
/// this: a program in use must not be killed by its environment.
void arm_test_points_from_environment();

}  // namespace stint
