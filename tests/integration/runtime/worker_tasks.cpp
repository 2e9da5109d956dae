#include "worker_tasks.hpp"
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include "stint/stint.hpp"

namespace stint::test {

void Stage::reset() {
  entered = 0;
  beside = 0;
  most_beside = 0;
  is_open = false;
  process_contexts = 0;
  thread_contexts = 0;
  const MutexLock lock{mutex};
  runs.clear();
}

void Stage::open() {
  is_open = true;
  is_open.notify_all();
}

int Stage::runs_of(const std::string& name) {
  const MutexLock lock{mutex};
  return runs[name];
}

Stage& stage() {
  static Stage only;
  return only;
}

}  // namespace stint::test

namespace stint {
namespace {

using test::stage;

struct PerProcess {
  PerProcess() { ++stage().process_contexts; }
};
struct PerThread {
  PerThread() { ++stage().thread_contexts; }
};

void hold() {
  const int beside = ++stage().beside;
  int most = stage().most_beside;
  while (most < beside && !stage().most_beside.compare_exchange_weak(most, beside)) {
  }
  ++stage().entered;
  stage().is_open.wait(false);
  --stage().beside;
}

void note(const std::string& name) {
  const MutexLock lock{stage().mutex};
  ++stage().runs[name];
}

int fail_until(Job& job, int attempt) {
  if (job.attempt() < attempt) throw RetryIn{std::chrono::milliseconds{0}, "not yet"};
  return job.attempt();
}

void parent(Job& job) {
  job.enqueue("work.note", {{"name", "first"}});
  job.enqueue("work.note", {{"name", "second"}});
  if (job.attempt() < 3) throw RetryIn{std::chrono::milliseconds{0}, "after its children"};
}

}  // namespace

STINT_MODULE(work, m) {
  m.context<PerProcess>();
  m.context<PerThread>(per_thread);
  const RetryOptions three{.max_attempts = 3};
  m.task("add", [](int a, int b) { return a + b; }, {arg("a"), arg("b")});
  m.task("note", note, {arg("name")});
  m.task("mail", hold, {}, {.domain = "mail"});
  m.task("hold", hold);
  m.task("deaf",
         [] {
           ++stage().entered;
           stage().is_open.wait(false);
         },
         {}, {.timeout = std::chrono::milliseconds{200}});
  m.task("sleep", [](Job& job) {
    ++stage().entered;
    job.sleep_for(std::chrono::hours{1});
  });
  m.task("fail_until", fail_until, {arg("attempt")}, {.retry = three});
  m.task("fail", [] { throw std::runtime_error{"as asked"}; });
  m.task("parent", parent, {}, {.retry = three});
  m.task("contexts", [](PerProcess&, PerThread&) {});
  m.task("talk", [](Job& job) {
    job.log().info("begin");
    job.progress(0.5, "half");
    job.log().warning("end");
  });
  m.task("print", [](Job& job) {
    std::cout << "one\ntwo " << job.attempt() << '\n';
    std::cerr << "bad \xff" << std::endl;  // NOLINT(performance-avoid-endl): as users write it
    job.log().info("logged");
    std::cout << "no line end";
    stage().is_open.wait(false);
  });
  m.task("flood", [](Job& job) {
    const std::string line(999, 'x');
    for (int i = 0; i < 200; ++i) {
      std::cout << line << '\n';
      job.log().info("{}", line);
    }
  });
  m.task("once", note, {arg("name")}, {.at_most_once = true});
  m.task("bytes", [](Bytes data) { return Bytes{std::string{data.view()} + "!"}; }, {arg("data")});
}

}  // namespace stint
