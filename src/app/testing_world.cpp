// `stint::testing::World`: a store in memory, a clock, and a worker on the test's thread.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/client_impl.hpp"
#include "app/environment.hpp"
#include "app/scripted_faults.hpp"
#include "app/task_reports_setup.hpp"
#include "app/unfinished_jobs.hpp"
#include "app/worker_setup.hpp"
#include "backends/sqlite/backend.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "core/hooked_store.hpp"
#include "core/payload.hpp"
#include "core/plan_at.hpp"
#include "runtime/inline_worker.hpp"
#include "stint/error.hpp"
#include "stint/settings.hpp"
#include "stint/testing/world.hpp"

namespace stint::testing {
namespace {

using std::chrono::nanoseconds;

constexpr int kMostAttempts = 10'000;
constexpr int kMostJobs = 1'000'000;
constexpr std::size_t kMostNamed = 10;

std::vector<JobState> waiting_states() {
  return {JobState::kQueued, JobState::kScheduled, JobState::kGated, JobState::kBlocked};
}

/// What the world is, without its worker: kept by its clients for as long as they live.
struct Ground {
  explicit Ground(std::chrono::system_clock::time_point start) : clock(start) {
    jobs->set_time_for_tests(clock.system_now());
  }

  ManualClock clock;
  std::shared_ptr<ScriptedFaults> faults = std::make_shared<ScriptedFaults>();
  /// Where the world itself looks, so that its looks meet no faults.
  std::shared_ptr<Store> jobs = sqlite::open_private_memory_store();
  std::shared_ptr<Store> store = std::make_shared<HookedStore>(jobs, faults);
};

/// Why a job that waits does not run, and what makes it.
std::string explain(const JobRecord& job, const Registry& registry, const Ground& ground) {
  if (job.state == JobState::kRunning || job.state == JobState::kAborting) {
    return "its handler has not returned";
  }
  const detail::TaskDeclaration* const task = registry.find_task(job.task);
  if (task == nullptr) return "no module of this world has its task";
  if (task->options.transaction) {
    return "its task wants a transaction, which only testing::Workers on PostgreSQL give it";
  }
  const nanoseconds left = job.run_at - ground.clock.system_now();
  if (job.state == JobState::kScheduled && left > nanoseconds{0}) {
    return fmt::format("it is due at {}: advance({}), then run_due_jobs(), or drain()",
                       format_time(job.run_at, TimeDigits::kShortest), format_duration(left));
  }
  if (job.state == JobState::kQueued || job.state == JobState::kScheduled) {
    return "run_due_jobs() or drain() executes it";
  }
  return {};
}

std::shared_ptr<detail::ClientImpl> make_client(const std::shared_ptr<Ground>& ground,
                                                const std::shared_ptr<Environment>& environment) {
  return std::make_shared<detail::ClientImpl>(
      environment, ground->clock, [ground, registry = environment->shared_registry()](JobId id) {
        const std::optional<JobRecord> job = ground->jobs->find_job(id);
        if (!job) return;
        throw Error{
            ErrorCode::kUsage,
            fmt::format("job {} ({}) is {}, and nothing runs by itself in a testing::World; "
                        "{}",
                        id.value, job->task, to_string(job->state),
                        explain(*job, *registry, *ground))};
      });
}

std::shared_ptr<const RunEnvironment> run_environment_of(
    const std::shared_ptr<Environment>& environment,
    const std::shared_ptr<detail::ClientImpl>& client) {
  auto result = make_run_environment(environment);
  result->make_client = [client] { return Client{client}; };
  return result;
}

std::shared_ptr<JobHost> make_host(const std::shared_ptr<Environment>& environment,
                                   const std::shared_ptr<detail::ClientImpl>& client,
                                   const std::shared_ptr<LogBuffer>& logs) {
  return std::make_shared<StoreHost>(
      logs,
      [client](std::string_view task, const json& args, const EnqueueOptions& child) {
        return client->enqueue_child(task, args, child);
      },
      make_task_reports(environment));
}

}  // namespace

class World::Impl final {
 public:
  Impl(std::initializer_list<ModuleDefinition> modules, const WorldOptions& options)
      : ground_(std::make_shared<Ground>(options.start)),
        environment_(std::make_shared<Environment>(
            load_settings({.toml = options.settings, .use_environment = false}, modules),
            std::span<const ModuleDefinition>{modules.begin(), modules.size()}, ground_->store)),
        client_(make_client(ground_, environment_)),
        worker_(ground_->store, run_environment_of(environment_, client_),
                make_host(environment_, client_, logs_), logs_,
                std::shared_ptr<ManualClock>{ground_, &ground_->clock}, {.seed = options.seed}) {}

  Client client() { return Client{client_}; }
  std::chrono::system_clock::time_point now() const { return ground_->clock.system_now(); }
  void advance(nanoseconds duration) { worker_.advance(duration); }
  void fail_next_call(std::string_view call, StoreFault fault) {
    ground_->faults->add(call,
                         fault == StoreFault::kBefore ? CallFate::kFails : CallFate::kLosesReply);
  }

  int run_due_jobs() {
    const int attempts = run_due(kMostAttempts);
    if (attempts < kMostAttempts) return attempts;
    throw hindered(waiting(), fmt::format("after {} attempts something is still due", attempts));
  }

  int drain(nanoseconds longest);
  bool was_enqueued(std::string_view task, const std::optional<json>& args);
  std::vector<EnqueuedJob> enqueued_jobs(std::string_view task);

  std::string report() {
    return describe_unfinished(*ground_->jobs,
                               [this](const JobRecord& job) { return explain(job); });
  }

 private:
  std::string explain(const JobRecord& job) const {
    return testing::explain(job, environment_->registry(), *ground_);
  }

  std::vector<JobRecord> waiting() {
    return ground_->jobs->list_jobs({.states = waiting_states(), .limit = kMostJobs});
  }

  int run_due(int most);
  Error hindered(const std::vector<JobRecord>& jobs, std::string_view why) const;

  const std::shared_ptr<Ground> ground_;
  const std::shared_ptr<Environment> environment_;
  const std::shared_ptr<detail::ClientImpl> client_;
  const std::shared_ptr<LogBuffer> logs_ = std::make_shared<LogBuffer>();
  InlineWorker worker_;
};

int World::Impl::run_due(int most) {
  int attempts = 0;
  // What runs may make other domains' jobs due: until nothing was found anywhere.
  for (int before = -1; attempts != before && attempts < most;) {
    before = attempts;
    std::set<std::pair<std::string, std::string>> places;
    for (const JobRecord& job :
         ground_->jobs->list_jobs({.states = {JobState::kQueued}, .limit = kMostJobs})) {
      places.emplace(job.domain, job.node);
    }
    for (const auto& [domain, node] : places) {
      attempts += worker_.run_due(domain, node, most - attempts);
    }
  }
  return attempts;
}

int World::Impl::drain(nanoseconds longest) {
  const nanoseconds end = ground_->clock.boot_now() + longest;
  int attempts = 0;
  while (true) {
    attempts += run_due(kMostAttempts - attempts);
    const std::vector<JobRecord> jobs = waiting();
    if (jobs.empty()) return attempts;
    if (attempts >= kMostAttempts) {
      throw hindered(jobs, fmt::format("not drained after {} attempts", attempts));
    }
    std::optional<StoreTime> next;
    for (const JobRecord& job : jobs) {
      if (job.state != JobState::kScheduled || !worker_.can_run(job.task)) continue;
      next = next ? std::min(*next, job.run_at) : job.run_at;
    }
    if (!next) throw hindered(jobs, "not drained");
    const nanoseconds pause = std::max<nanoseconds>(*next - now(), nanoseconds{1});
    if (pause > end - ground_->clock.boot_now()) {
      throw hindered(jobs, fmt::format("not drained within {}", format_duration(longest)));
    }
    worker_.advance(pause);
  }
}

Error World::Impl::hindered(const std::vector<JobRecord>& jobs, std::string_view why) const {
  std::string text = fmt::format("{}: {} jobs have not ended", why, jobs.size());
  for (std::size_t i = 0; i < std::min(jobs.size(), kMostNamed); ++i) {
    const JobRecord& job = jobs[i];
    text += fmt::format("\n  job {} ({}) is {}", job.id.value, job.task, to_string(job.state));
    if (const std::string more = explain(job); !more.empty()) text += ": " + more;
    if (!job.error.empty()) text += "; last error: " + detail::error_message(job.error);
  }
  return Error{ErrorCode::kBusy, text};
}

bool World::Impl::was_enqueued(std::string_view task, const std::optional<json>& args) {
  const detail::TaskDeclaration* const own = environment_->registry().find_task_to_enqueue(task);
  std::optional<NewJob> like;
  if (args) {
    like = plan_job_at(ground_->clock, task, own, *args, {}, environment_->enqueue_defaults());
  }
  const auto wanted = like ? json::parse(like->args) : json{};
  const std::vector<JobRecord> jobs =
      ground_->jobs->list_jobs({.task = std::string{task}, .limit = kMostJobs});
  return std::ranges::any_of(jobs, [&](const JobRecord& job) {
    if (!like) return true;
    if (json::parse(job.args) != wanted) return false;
    return like->attachments.empty() ||
           ground_->jobs->load_attachments(job.id, Store::Attachments::kArguments) ==
               like->attachments;
  });
}

std::vector<EnqueuedJob> World::Impl::enqueued_jobs(std::string_view task) {
  std::vector<JobRecord> records =
      ground_->jobs->list_jobs({.task = std::string{task}, .limit = kMostJobs});
  std::ranges::reverse(records);  // they come the newest first
  std::vector<EnqueuedJob> jobs;
  jobs.reserve(records.size());
  for (JobRecord& one : records) {
    json args = unpack_payload(
        one.args, ground_->jobs->load_attachments(one.id, Store::Attachments::kArguments));
    jobs.push_back({.id = one.id,
                    .task = std::move(one.task),
                    .args = std::move(args),
                    .state = one.state,
                    .priority = one.priority,
                    .domain = std::move(one.domain),
                    .run_at = one.run_at,
                    .attempts = one.attempts,
                    .tags = std::move(one.tags),
                    .metadata = one.metadata.empty() ? json{} : json::parse(one.metadata),
                    .error = detail::error_message(one.error)});
  }
  return jobs;
}

World::World(std::initializer_list<ModuleDefinition> modules, const WorldOptions& options)
    : impl_(std::make_unique<Impl>(modules, options)) {}
World::~World() = default;

Client World::client() { return impl_->client(); }
std::chrono::system_clock::time_point World::now() const { return impl_->now(); }
void World::advance(nanoseconds duration) { impl_->advance(duration); }
int World::run_due_jobs() { return impl_->run_due_jobs(); }
int World::drain(nanoseconds longest) { return impl_->drain(longest); }
bool World::find_enqueued(std::string_view task, const std::optional<json>& args) {
  return impl_->was_enqueued(task, args);
}
std::vector<EnqueuedJob> World::enqueued_jobs(std::string_view task) {
  return impl_->enqueued_jobs(task);
}
void World::fail_next_call(std::string_view call, StoreFault fault) {
  impl_->fail_next_call(call, fault);
}
std::string World::report() { return impl_->report(); }

}  // namespace stint::testing
