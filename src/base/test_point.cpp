#include "base/test_point.hpp"
#include <unistd.h>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>
#include "base/mutex.hpp"

namespace stint {
namespace {

struct Armed {
  int id = 0;
  std::string name;
  std::function<void()> callback;
  int arrivals = 0;
  int running = 0;
};

class Registry final {
 public:
  int add(std::string_view name, std::function<void()> callback) {
    const MutexLock lock{mutex_};
    points_.push_back(std::make_shared<Armed>(
        Armed{.id = ++last_id_, .name = std::string{name}, .callback = std::move(callback)}));
    detail::armed_test_points.fetch_add(1, std::memory_order_relaxed);
    return last_id_;
  }

  void remove(int id) {
    MutexLock lock{mutex_};
    const std::shared_ptr<Armed> point = find(id);
    std::erase(points_, point);
    detail::armed_test_points.fetch_sub(1, std::memory_order_relaxed);
    while (point->running > 0) changed_.wait(lock);
  }

  int arrivals(int id) {
    const MutexLock lock{mutex_};
    return find(id)->arrivals;
  }

  void reach(std::string_view name) {
    for (const std::shared_ptr<Armed>& point : begin_calls(name)) {
      const EndOfCall end{*this, *point};
      if (point->callback) point->callback();
    }
  }

 private:
  // Counts the call as ended even if the callback throws.
  struct EndOfCall {
    Registry& registry;
    Armed& point;
    ~EndOfCall() {
      const MutexLock lock{registry.mutex_};
      --point.running;
      registry.changed_.notify_all();
    }
  };

  std::vector<std::shared_ptr<Armed>> begin_calls(std::string_view name) {
    const MutexLock lock{mutex_};
    std::vector<std::shared_ptr<Armed>> reached;
    for (const std::shared_ptr<Armed>& point : points_) {
      if (point->name != name) continue;
      ++point->arrivals;
      ++point->running;
      reached.push_back(point);
    }
    return reached;
  }

  std::shared_ptr<Armed> find(int id) STINT_REQUIRES(mutex_) {
    for (const std::shared_ptr<Armed>& point : points_) {
      if (point->id == id) return point;
    }
    throw std::logic_error("no armed test point of this number");
  }

  Mutex mutex_;
  CondVar changed_;
  std::vector<std::shared_ptr<Armed>> points_ STINT_GUARDED_BY(mutex_);
  int last_id_ STINT_GUARDED_BY(mutex_) = 0;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

[[noreturn]] void refuse(std::string_view entry) {
  throw std::invalid_argument(
      "STINT_TEST_POINTS: \"" + std::string{entry} +
      "\" is not name=kill, name=exit:N, name=abort or name=halt, with @N behind "
      "it");
}

int read_number(std::string_view digits, std::string_view entry) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 0) refuse(entry);
  return number;
}

std::function<void()> deadly_action(std::string_view action, std::string_view entry) {
  if (action == "kill") return [] { ::raise(SIGKILL); };
  if (action == "abort") return [] { std::abort(); };
  if (action == "halt") {
    return [] {
      for (;;) ::pause();
    };
  }
  if (action.starts_with("exit:")) {
    const int status = read_number(action.substr(5), entry);
    return [status] { ::_exit(status); };
  }
  refuse(entry);
}

void arm_entry(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos || equals == 0) refuse(entry);
  std::string_view action = entry.substr(equals + 1);
  int arrival = 1;
  if (const std::size_t at = action.find('@'); at != std::string_view::npos) {
    arrival = read_number(action.substr(at + 1), entry);
    action = action.substr(0, at);
  }
  auto left = std::make_shared<std::atomic<int>>(arrival);
  registry().add(entry.substr(0, equals), [left, act = deadly_action(action, entry)] {
    if (left->fetch_sub(1) == 1) act();
  });
}

}  // namespace

namespace detail {

std::atomic<int> armed_test_points = 0;

void reach_test_point(std::string_view name) { registry().reach(name); }

}  // namespace detail

ArmedTestPoint::ArmedTestPoint(std::string_view name, std::function<void()> callback)
    : id_(registry().add(name, std::move(callback))) {}

ArmedTestPoint::~ArmedTestPoint() { registry().remove(id_); }

int ArmedTestPoint::arrivals() const { return registry().arrivals(id_); }

void arm_test_points(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(",|");
    arm_entry(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
}

void arm_test_points_from_environment() {
  if (const char* text = std::getenv("STINT_TEST_POINTS")) arm_test_points(text);
}

}  // namespace stint
