// Hooks: a span round every task of the program, and word of every failure.
//
//   tracing run shop.order --item tea --run-once    one span, printed here
//   tracing enqueue shop.order item=tea             as $TRACEPARENT says, if it is set
//   tracing worker run --drain                      runs the order and what it enqueues
//   tracing job logs 1                              the span of job 1, in its log
//
// The module `tracing` knows nothing of the tasks. Put a tracing library in the place of `Span`.
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <stint/stint.hpp>

namespace {

/// Make an id of so many hexadecimal digits.
std::string random_id(std::size_t digits) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::string id;
  while (id.size() < digits) id += fmt::format("{:016x}", random());
  return id.substr(0, digits);
}

/// A span of a trace in the W3C's form: 00-TRACE-PARENT-01. Printed when it ends.
class Span {
 public:
  Span(std::string_view name, std::string_view parent)
      : name_(name),
        trace_(parent.empty() ? random_id(32) : std::string{parent.substr(3, 32)}),
        parent_(parent.empty() ? "none" : std::string{parent.substr(36, 16)}) {}
  ~Span() {
    std::cout << fmt::format("span {} {}: trace {}, parent {}, {}\n", id_, name_, trace_, parent_,
                             status_);
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  std::string traceparent() const { return fmt::format("00-{}-{}-01", trace_, id_); }
  void fail(std::string_view why) { status_ = fmt::format("failed: {}", why); }

 private:
  std::string name_;
  std::string id_ = random_id(16);
  std::string trace_;
  std::string parent_;
  std::string status_ = "ok";
};

void trace(stint::Job& job, stint::Next next) {
  Span span{job.task(), job.traceparent()};
  job.set_traceparent(span.traceparent());  // children and programs belong under this span
  try {
    next();
  } catch (const std::exception& error) {
    span.fail(error.what());
    throw;
  }
}

void tell(const stint::FailedAttempt& attempt) {
  std::cerr << fmt::format("attempt {} of job {} ({}) failed: {}; {}\n", attempt.attempt,
                           attempt.job.value, attempt.task, attempt.message(),
                           attempt.is_final ? "for good" : "it is tried again");
}

void order(stint::Job& job, const std::string& item) { job.enqueue("shop.pack", {{"item", item}}); }

void pack(const std::string& item) {
  if (item == "elephant") throw std::runtime_error{"no box is large enough"};
}

}  // namespace

STINT_MODULE(tracing, m) {
  m.around(trace);
  m.on_failed(tell);
}

STINT_MODULE(shop, m) {
  m.task("order", order, {stint::arg("item")});
  m.task("pack", pack, {stint::arg("item")});
}

// The first module is the outermost: its spans enclose what the hooks of later ones do.
int main(int argc, char** argv) { return stint::main(argc, argv, {tracing, shop}); }
