// A program that enqueues and works in one process, on memory, with its tasks in process slots.
#include <chrono>
#include <iostream>
#include <stint/stint.hpp>

namespace {

using namespace std::chrono_literals;

std::int64_t put_child(stint::Job& job) { return job.enqueue("service.work").value; }
std::int64_t put_by_client(stint::Client& client) {
  return client.enqueue("service.work").id().value;
}

}  // namespace

STINT_MODULE(service, m) {
  m.task("work", [] { return 42; });
  m.task("by_job", put_child);
  m.task("by_client", put_by_client);
}

int main(int argc, char** argv) {
  stint::serve_slot(argc, argv, {service});
  const stint::Settings settings =
      stint::load_settings({.toml = "[stores]\ndefault = \"memory:service\"\n"}, {service});
  stint::Client client{settings, {service}};
  stint::Worker worker{settings, {service}, {.slots = 1, .isolation = stint::Isolation::kProcess}};
  worker.start();
  const auto parent = client.enqueue("service.by_job");
  const stint::JobId child{parent.get().get<std::int64_t>()};
  std::cout << "child: " << client.job(child).get() << "\n";
  const auto lost = client.enqueue("service.by_client");
  static_cast<void>(lost.wait_for(30s));
  std::cout << "by client: " << lost.error() << "\n";
  worker.stop();
}
