// `worker run`: claim jobs and execute them until told to stop.
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <iostream>
#include <limits>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "app/domain_shares.hpp"
#include "app/environment.hpp"
#include "app/service_watch.hpp"
#include "app/worker_http.hpp"
#include "app/worker_metrics_push.hpp"
#include "app/worker_setup.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/signals.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kMostWorkerSlots = 1024;
constexpr int kThirdSignal = 3;

class WorkerRun final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options
        .text({"--domain"}, "NAME[=N],...", domains_,
              "the domains to serve, each with the greatest number of its slots at once")
        .default_text = "[worker] domains, \"default\"";
    options.integer({"--slots"}, slots_, 1, kMostWorkerSlots, "jobs executed at once, 1 to 1024")
        .default_text = "[worker] slots, the number of cores";
    options
        .text({"--isolation"}, "thread|process", isolation_,
              "where tasks run: on threads of this process, or in child processes, which can be "
              "ended whatever they do")
        .default_text = "[worker] isolation, thread";
    options
        .integer({"--max-runs"}, max_runs_, 1, std::numeric_limits<int>::max(),
                 "end after so many jobs")
        .default_text = "[worker] max_runs, no limit";
    options
        .text({"--http"}, "HOST:PORT", http_,
              "serve /metrics, /healthz and /readyz there; port 0 chooses a free one, which the "
              "log tells")
        .default_text = "[worker] http, nothing is served";
    options.flag({"--drain"}, drain_,
                 "end with 0 once nothing runs here and nothing can be claimed");
  }

  int run(Context& context) override {
    const ServiceRequest service = take_service_request();  // while there is one thread
    WorkerOptions options{.slots = slots_.value_or(0), .max_runs = max_runs_.value_or(0)};
    if (!isolation_.empty()) {
      options.isolation = isolation_ == "thread" ? Isolation::kThread : Isolation::kProcess;
    }
    if (!domains_.empty()) options.domains = parse_domain_shares(domains_);
    if (context.registry().tasks().empty()) {
      throw Error{
          ErrorCode::kConfiguration,
          fmt::format("`{}` has no tasks of its own and the settings declare none, so it cannot "
                      "work; start the worker of the program that declares them: PROGRAM worker "
                      "run",
                      context.program())};
    }
    const std::shared_ptr<Environment>& environment = context.environment();
    grace_ = environment->settings().get<std::chrono::milliseconds>("worker.drain_timeout");
    if (http_.empty())
      http_ = environment->settings().find<std::string>("worker.http").value_or("");
    if (is_of_one_process(environment->store_url())) {
      log_warning("worker",
                  "the store {} begins empty, and only this process sees it: its jobs are those "
                  "that its own tasks enqueue",
                  context.store_name());
    }
    register_tasks(*environment);
    const std::unique_ptr<JobWorker> worker = make_job_worker(environment, options);
    std::optional<WorkerHttp> http;
    if (!http_.empty()) {
      http.emplace(http_, *worker, environment->shared_store());
      log_info("worker", "serving http://{}/metrics", http->address());
    }
    const WorkerMetricsPush metrics{*environment, *worker};
    ServiceWatch watch{service, [this, &worker, longest = longest_turn(service)] {
                         return state_of(*worker, longest);
                       }};
    return work(context, *worker, watch);
  }

 private:
  int work(Context& context, JobWorker& worker, ServiceWatch& watch);
  void on_signal(JobWorker& worker, int signal, int count);
  ServiceState state_of(JobWorker& worker, std::chrono::nanoseconds longest_turn) const;

  std::string domains_;
  std::string isolation_;
  std::string http_;
  std::optional<int> slots_;
  std::optional<int> max_runs_;
  bool drain_ = false;
  std::chrono::milliseconds grace_{0};
  std::atomic<bool> asked_to_end_{false};
  std::atomic<bool> is_ending_{false};
};

ServiceState WorkerRun::state_of(JobWorker& worker, std::chrono::nanoseconds longest_turn) const {
  const std::string unready = worker.unready_reason();
  return {.is_ready = unready.empty(),
          .is_stopping = is_ending_,
          .status = unready.empty() ? fmt::format("at work: {} of {} slots run a job",
                                                  worker.running(), worker.slots())
                                    : unready,
          .hang = worker.hang(longest_turn)};
}

void WorkerRun::on_signal(JobWorker& worker, int signal, int count) {
  if (count == 1) {
    log_info("worker", "asked to end: claiming nothing more, waiting up to {} for running jobs",
             format_duration(grace_));
    asked_to_end_ = true;
  } else if (count < kThirdSignal) {
    log_warning("worker", "asked again: giving running jobs back");
    worker.hurry();
  } else {
    ::_exit(kSignalExit + signal);
  }
}

int WorkerRun::work(Context& context, JobWorker& worker, ServiceWatch& watch) {
  const SignalWatcher signals{[&](int signal, int count) { on_signal(worker, signal, count); }};
  worker.start();
  watch.look_soon();
  if (drain_) {
    while (!asked_to_end_ && worker.failure().empty()) {
      const auto soon = real_clock().boot_now() + std::chrono::milliseconds{100};
      if (worker.wait_idle(soon)) break;
    }
  } else {
    worker.wait_ended([this] { return asked_to_end_.load(); });
  }
  is_ending_ = true;
  watch.look_soon();
  const bool all_ended = worker.drain(grace_);
  worker.stop();
  std::cout.flush();
  const int abandoned = worker.abandoned();
  if (!all_ended) log_warning("worker", "some jobs did not end in time and were given back");
  if (const std::string failure = worker.failure(); !failure.empty()) {
    context.note(
        fmt::format("{}: error: the worker ended: {}", context.program(), printable(failure)));
    return exit_code(ErrorCode::kUnavailable);
  }
  if (abandoned > 0) {
    // Their threads still run the tasks' code, and would run into the end of the process.
    log_warning("worker", "{} tasks ignored their stop; the process ends without them", abandoned);
    ::_exit(0);
  }
  return 0;
}

}  // namespace

CommandEntry worker_run_entry() {
  return {
      .text =
          {.name = "worker run",
           .summary = "Claim jobs of this program's tasks and execute them",
           .description =
               "Runs until it is told to stop: SIGTERM or SIGINT make it claim nothing more and "
               "wait "
               "for running jobs, [worker] drain_timeout (25 s) at most; a second one asks them to "
               "stop and gives them back at once, as interrupted, which costs them no attempt. "
               "The log goes to standard error.\n\n"
               "With --drain it ends with 0 once it runs nothing and a full look claims nothing; "
               "scheduled, gated and others' jobs do not hold it.",
           .examples = {{"worker run", "serve the domain `default`"},
                        {"worker run --domain mail=10,bulk=2 --slots 12",
                         "at most 10 mails and 2 bulk jobs at once"},
                        {"worker run --drain", "do what there is to do, and end"}},
           .exit_codes = {{0, "ended in good order, by a signal too"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<WorkerRun>(); }};
}

}  // namespace stint::cli
