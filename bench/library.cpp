#include "library.hpp"
#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "child.hpp"
#include "core/store.hpp"
#include "idle_pause.hpp"
#include "stint/client.hpp"
#include "stint/worker.hpp"
#include "worker_process.hpp"

namespace stint::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kBenchTask = "noop.run";

std::vector<NewJob> new_jobs(int count) {
  return std::vector<NewJob>(static_cast<std::size_t>(count), NewJob{.task = kBenchTask});
}

std::unique_ptr<Store> open_new(const StorePlace& place) {
  place.make_new();
  return open_store({.url = place.url});
}

void fill(Store& store, const Plan& plan, const NewJob& job = {.task = kBenchTask}) {
  const std::vector<NewJob> jobs(static_cast<std::size_t>(plan.bulk), job);
  for (int done = 0; done < plan.jobs; done += plan.bulk) store.enqueue(jobs);
}

void expect_all(Store& store, JobState state, std::int64_t expected) {
  std::int64_t found = 0;
  std::int64_t others = 0;
  for (const StoreStatus::Count& count : store.status().counts) {
    (count.state == state ? found : others) += count.jobs;
  }
  if (found != expected || others != 0) {
    throw std::runtime_error{fmt::format("{} jobs are {} in place of {}, {} are not", found,
                                         to_string(state), expected, others)};
  }
}

WorkerInfo worker_info() {
  return {.node = "bench", .host = "bench", .boot_id = "bench", .domains = "default"};
}

Sample drain_by_exchange(Store& store, const Plan& plan, const StorePlace& place) {
  const ClaimRequest request{.worker = store.register_worker(worker_info()),
                             .node = "bench",
                             .tasks = {kBenchTask},
                             .limit = plan.batch};
  const Meter meter{place.server};
  std::vector<Completion> completions;
  std::int64_t completed = 0;
  do {
    const Exchange reply = store.exchange(completions, &request);
    completed += std::ranges::count(reply.completed, WriteResult::kAccepted);
    completions.clear();
    completions.reserve(reply.claimed.size());
    for (const ClaimedJob& job : reply.claimed) {
      completions.push_back({.id = job.id, .epoch = job.epoch});
    }
  } while (!completions.empty());
  return meter.stop(completed);
}

// Start the workers, let all go at once and wait until each has found nothing more to do.
Sample drain_by_processes(const StorePlace& place, int jobs, int processes, const char* isolation,
                          int slots = 0) {
  std::vector<std::unique_ptr<Child>> workers;
  workers.reserve(static_cast<std::size_t>(processes));
  for (int i = 0; i < processes; ++i) {
    workers.push_back(std::make_unique<Child>(
        std::vector<std::string>{"/proc/self/exe", "--worker", place.url, "--isolation", isolation,
                                 "--slots", std::to_string(slots)}));
  }
  for (const auto& worker : workers) worker->read_line();
  const Meter meter{place.server};
  for (const auto& worker : workers) worker->write_line("go");
  for (const auto& worker : workers) {
    const std::string line = worker->read_line();
    if (line != "done") throw std::runtime_error{"a worker said: " + line};
  }
  Sample sample = meter.stop(jobs);
  for (const auto& worker : workers) {
    const std::string line = worker->read_line();
    if (!line.starts_with("cpu ")) throw std::runtime_error{"a worker said: " + line};
    sample.client_cpu_seconds += std::stod(line.substr(4));
    if (worker->wait() != 0) throw std::runtime_error{"a worker failed"};
  }
  return sample;
}

}  // namespace

Contestant store_bulk(const Plan& plan, const StorePlace& place) {
  return {.name = fmt::format("Store::enqueue of {}", plan.bulk), .round = [plan, place] {
            const std::unique_ptr<Store> store = open_new(place);
            const std::vector<NewJob> jobs = new_jobs(plan.bulk);
            store->enqueue(jobs);  // connects
            const Meter meter{place.server};
            for (int done = 0; done < plan.jobs; done += plan.bulk) store->enqueue(jobs);
            const Sample sample = meter.stop(plan.jobs);
            expect_all(*store, JobState::kQueued, plan.jobs + plan.bulk);
            return sample;
          }};
}

Contestant store_one_by_one(const Plan& plan, const StorePlace& place) {
  return {.name = "Store::enqueue of 1", .round = [plan, place] {
            const std::unique_ptr<Store> store = open_new(place);
            const std::vector<NewJob> one = new_jobs(1);
            store->enqueue(one);  // connects
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            std::int64_t jobs = 0;
            const Meter meter{place.server};
            for (; Clock::now() < end; ++jobs) store->enqueue(one);
            const Sample sample = meter.stop(jobs);
            expect_all(*store, JobState::kQueued, jobs + 1);
            return sample;
          }};
}

Contestant store_drain(const Plan& plan, const StorePlace& place) {
  return {.name = fmt::format("Store::exchange of {}", plan.batch), .round = [plan, place] {
            const std::unique_ptr<Store> store = open_new(place);
            fill(*store, plan);
            const Sample sample = drain_by_exchange(*store, plan, place);
            expect_all(*store, JobState::kDone, plan.jobs);
            return sample;
          }};
}

Contestant client_bulk(const Plan& plan, const StorePlace& place) {
  return {.name = fmt::format("Client::enqueue of {}", plan.bulk), .round = [plan, place] {
            const std::unique_ptr<Store> store = open_new(place);
            Client client{settings_for(place.url), {noop}};
            const std::vector<json> args(static_cast<std::size_t>(plan.bulk), json::object());
            client.enqueue(kBenchTask, args);  // opens the store
            const Meter meter{place.server};
            for (int done = 0; done < plan.jobs; done += plan.bulk)
              client.enqueue(kBenchTask, args);
            const Sample sample = meter.stop(plan.jobs);
            expect_all(*store, JobState::kQueued, plan.jobs + plan.bulk);
            return sample;
          }};
}

Contestant client_one_by_one(const Plan& plan, const StorePlace& place) {
  return {.name = "Client::enqueue of 1", .round = [plan, place] {
            const std::unique_ptr<Store> store = open_new(place);
            Client client{settings_for(place.url), {noop}};
            client.enqueue(kBenchTask);  // opens the store
            const auto end = Clock::now() + std::chrono::duration<double>{plan.one_by_one_seconds};
            std::int64_t jobs = 0;
            const Meter meter{place.server};
            for (; Clock::now() < end; ++jobs) client.enqueue(kBenchTask);
            const Sample sample = meter.stop(jobs);
            expect_all(*store, JobState::kQueued, jobs + 1);
            return sample;
          }};
}

Contestant worker_drain(const Plan& plan, const StorePlace& place, int processes,
                        const char* isolation) {
  return {
      .name = processes == 1 ? "Worker, 1 process" : fmt::format("Worker, {} processes", processes),
      .round = [plan, place, processes, isolation] {
        const std::unique_ptr<Store> store = open_new(place);
        fill(*store, plan);
        const Sample sample = drain_by_processes(place, plan.jobs, processes, isolation);
        expect_all(*store, JobState::kDone, plan.jobs);
        return sample;
      }};
}

Contestant worker_drain_slots(const Plan& plan, const StorePlace& place, int slots, bool waits) {
  Plan own = plan;
  // One slot executes at most 500 of them a second.
  if (waits) own.jobs = std::max(plan.bulk, plan.jobs / 20);
  return {.name = fmt::format("{} slot{}", slots, slots == 1 ? "" : "s"),
          .round = [own, place, slots, waits] {
            const std::unique_ptr<Store> store = open_new(place);
            fill(*store, own, {.task = waits ? "noop.wait" : kBenchTask});
            const Sample sample = drain_by_processes(place, own.jobs, 1, "thread", slots);
            expect_all(*store, JobState::kDone, own.jobs);
            return sample;
          }};
}

Contestant worker_drain_large(const Plan& plan, const StorePlace& place) {
  return {.name = "Worker, 1 process, 1 kB of arguments", .round = [plan, place] {
            const std::unique_ptr<Store> store = open_new(place);
            const json args{{"text", std::string(1000, 'x')}};
            fill(*store, plan, {.task = "noop.carry", .args = args.dump()});
            const Sample sample = drain_by_processes(place, plan.jobs, 1, "thread");
            expect_all(*store, JobState::kDone, plan.jobs);
            return sample;
          }};
}

Contestant worker_latency(const Plan& plan, const StorePlace& place) {
  return {.name = "Worker, 1 process", .round = [plan, place] {
            place.make_new();
            const Settings settings = settings_for(place.url);
            Worker worker{settings, {noop}};
            worker.start();
            Client client{settings, {noop}};
            std::vector<double> waited_ms;
            const Meter meter{place.server};
            for (int i = 0; i < plan.latency_jobs; ++i) {
              pause_until_idle();
              stamp = 0;
              client.enqueue("noop.stamp");
              const auto committed_at = Clock::now();
              stamp.wait(0);
              const Clock::time_point begun_at{Clock::duration{stamp.load()}};
              // A worker may begin before the enqueuing thread is back from the commit.
              const std::chrono::duration<double, std::milli> waited =
                  std::max(begun_at - committed_at, Clock::duration::zero());
              waited_ms.push_back(waited.count());
            }
            Sample sample = meter.stop(plan.latency_jobs);
            sample.values = std::move(waited_ms);
            worker.stop();
            return sample;
          }};
}

}  // namespace stint::bench
