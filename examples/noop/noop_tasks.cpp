// The smallest tasks there are: for a first try, for measuring Stint itself, and for rehearsing
// what goes wrong.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <stint/stint.hpp>

namespace {

void sleep_a_while(stint::Job& job, long ms) { job.sleep_for(std::chrono::milliseconds{ms}); }

bool happens(double probability) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::bernoulli_distribution{std::clamp(probability, 0.0, 1.0)}(generator);
}

// By default every attempt fails; `times=2` lets the third one succeed, `probability=0.1` nine of
// ten.
void fail(stint::Job& job, double probability, int times, const std::string& message) {
  if (times > 0 && job.attempt() > times) return;
  if (happens(probability)) throw std::runtime_error{message};
}

void print(stint::Job& job, long lines, const std::string& text, long ms) {
  for (long line = 1; line <= lines; ++line) {
    std::cout << text << ' ' << line << std::endl;
    job.progress(static_cast<double>(line) / static_cast<double>(lines));
    if (ms > 0 && line < lines) job.sleep_for(std::chrono::milliseconds{ms});
  }
}

void crash(const std::string& how) {
  if (how == "abort") std::abort();
  if (how == "exit") std::_Exit(3);
  std::raise(how == "kill" ? SIGKILL : SIGSEGV);
}

}  // namespace

STINT_MODULE(noop, m) {
  using stint::arg;
  m.task("run", [] {}, {}, {.doc = "Does nothing."});
  m.task("sleep", sleep_a_while, {arg("ms").help("how long, in milliseconds") = 50},
         {.doc = "Sleeps."});
  m.task("fail", fail,
         {arg("probability").help("how likely an attempt fails") = 1.0,
          arg("times").help("only the first so many attempts may; 0: all") = 0,
          arg("message").help("what it fails with") = "told to fail"},
         {.doc = "Fails."});
  m.task("print", print,
         {arg("lines").help("how many") = 3, arg("text").help("what each begins with") = "line",
          arg("ms").help("the pause between two, in milliseconds") = 0},
         {.doc = "Prints lines."});
  m.task(
      "crash", crash,
      {arg("how").one_of("segfault", "abort", "kill", "exit").help("what it dies of") = "segfault"},
      {.doc = "Takes its process with it.", .isolation = stint::Isolation::kProcess});
}
