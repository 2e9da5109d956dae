// A small program of a user: enqueues a job, works it off in process and prints its output.
#include <chrono>
#include <iostream>
#include <stint/postgresql.hpp>  // needs no header of libpq
#include <stint/stint.hpp>

namespace {

long multiply(long a, long b) { return a * b; }

}  // namespace

STINT_MODULE(consumer, m) { m.task("multiply", multiply, {stint::arg("a"), stint::arg("b") = 7}); }

int main() {
  const stint::Settings settings = stint::load_settings();
  stint::Client client{settings};
  stint::Worker worker{settings, {consumer}, {.slots = 1}};
  worker.start();
  stint::JobHandle<> job = client.enqueue("consumer.multiply", {{"a", 6}});
  const stint::json product = job.get();
  worker.drain(std::chrono::seconds{10});
  std::cout << "6 x 7 = " << product << '\n';
}
