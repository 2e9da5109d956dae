// A program whose hooks tell what they see, and tasks that end in ways that a hook cannot see from
// within.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <stint/stint.hpp>

namespace {

void tell_around(stint::Job& job, stint::Next next) {
  std::cout << "before " << job.task() << std::endl;  // NOLINT(performance-avoid-endl): may crash
  next();
  std::cout << "after " << job.task() << '\n';
}

void tell_failure(const stint::FailedAttempt& attempt) {
  std::cerr << fmt::format("hook: {} attempt {} cause {} final {} trace {}\n", attempt.task,
                           attempt.attempt, attempt.cause, attempt.is_final,
                           attempt.metadata.value("traceparent", "none"));
}

void ignore_stop() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace

STINT_MODULE(watch, m) {
  m.around(tell_around);
  m.on_failed(tell_failure);
}

STINT_MODULE(h, m) {
  m.task("fine", [] { return 7; });
  m.task("fail", [] { throw std::runtime_error{"as asked"}; });
  m.task("crash", [] { std::abort(); }, {}, {.at_most_once = true});
  m.task("crash_again", [] { std::abort(); });
  m.task("hang", ignore_stop, {}, {.timeout = std::chrono::milliseconds{200}});
  m.task("parent", [](stint::Job& job) { job.enqueue("h.fine"); });
  m.command("now", [](stint::Job& job) { std::cout << "trace " << job.traceparent() << '\n'; });
}

int main(int argc, char** argv) { return stint::main(argc, argv, {watch, h}); }
