#include "app/client_impl.hpp"
#include <set>
#include <utility>
#include <fmt/format.h>
#include "app/task_records.hpp"
#include "base/log.hpp"
#include "core/payload.hpp"
#include "core/plan_at.hpp"
#include "stint/error.hpp"

namespace stint::detail {
namespace {

using std::chrono::nanoseconds;

Error not_found(JobId id) {
  return Error{ErrorCode::kNotFound,
               fmt::format("there is no job {}: it was never enqueued here, or was removed after "
                           "its retention",
                           id.value)};
}

std::vector<NewJob> plan_all(std::string_view name, const TaskDeclaration* task,
                             std::span<const json> many, const EnqueueOptions& options,
                             const EnqueueDefaults& defaults, const Clock& clock) {
  std::vector<NewJob> jobs;
  jobs.reserve(many.size());
  for (const json& args : many) {
    try {
      jobs.push_back(plan_job_at(clock, name, task, args, options, defaults));
    } catch (const Error& error) {
      if (many.size() == 1) throw;
      throw Error{error.code(),
                  fmt::format("job {} of {}: {}", jobs.size() + 1, many.size(), error.what())};
    }
  }
  return jobs;
}

void refuse_reserved_key(std::string_view task, const EnqueueOptions& options) {
  if (!options.idempotency_key.starts_with(kReservedKeyPrefix)) return;
  throw Error{ErrorCode::kInvalid,
              fmt::format("task \"{}\": idempotency_key begins with \"{}\", which is reserved",
                          task, kReservedKeyPrefix)};
}

JobFailed job_failed(const JobRecord& record) {
  const std::string reason = error_message(record.error);
  std::string message = fmt::format("job {} ({}) {}", record.id.value, record.task,
                                    record.state == JobState::kAborted ? "was aborted" : "failed");
  if (!reason.empty()) message += ": " + reason;
  return JobFailed{record.id, record.state, record.cause, message};
}

}  // namespace

ClientImpl::ClientImpl(std::shared_ptr<Environment> environment, Clock& clock,
                       RefuseWait refuse_wait, BeforeLook before_look)
    : environment_(std::move(environment)),
      clock_(clock),
      refuse_wait_(std::move(refuse_wait)),
      before_look_(std::move(before_look)),
      catalog_(clock),
      waits_(
          [this](std::span<const JobId> ids) {
            if (before_look_) before_look_();
            return environment_->store().job_states(ids);
          },
          clock) {}

std::vector<Enqueued> ClientImpl::enqueue(std::string_view task, std::span<const json> many,
                                          const EnqueueOptions& options) {
  refuse_reserved_key(task, options);
  if (many.size() > 1 && !options.idempotency_key.empty()) {
    throw Error{ErrorCode::kInvalid,
                fmt::format("task \"{}\": {} jobs cannot have one idempotency_key: enqueue them "
                            "one by one, each with its own",
                            task, many.size())};
  }
  if (many.empty()) return {};
  const std::vector<NewJob> jobs = plan(task, many, options);
  std::vector<Enqueued> enqueued = environment_->store().enqueue(jobs);
  register_own_tasks();
  return enqueued;
}

SqlStatement ClientImpl::enqueue_statement(std::string_view task, const json& args,
                                           const EnqueueOptions& options) {
  refuse_reserved_key(task, options);
  const NewJob job = plan(task, {&args, 1}, options).front();
  register_own_tasks();  // before, for the statement needs to know of the task
  return environment_->store().enqueue_statement(job);
}

/// Those who enqueue by SQL need to know of them, and this program may come before its workers.
void ClientImpl::register_own_tasks() noexcept {
  if (is_registered_.exchange(true)) return;
  try {
    Store& store = environment_->store();
    if (!store.has_sql_interface()) return;
    std::vector<TaskRecord> records =
        task_records(environment_->registry(), environment_->enqueue_defaults());
    if (records.empty()) return;
    // What workers have registered is as new as they are: it stays.
    std::set<std::string, std::less<>> known;
    for (const TaskRecord& one : store.list_tasks()) known.insert(one.name);
    std::erase_if(records, [&](const TaskRecord& one) { return known.contains(one.name); });
    if (!records.empty()) store.register_tasks(records);
  } catch (const std::exception& error) {
    // A role that may only enqueue may not; the jobs are stored.
    log_debug("client", "the tasks could not be registered: {}", error.what());
  }
}

JobId ClientImpl::enqueue_child(std::string_view task, const json& args,
                                const EnqueueOptions& options) {
  return environment_->store().enqueue(plan(task, {&args, 1}, options)).at(0).id;
}

std::vector<NewJob> ClientImpl::plan(std::string_view task, std::span<const json> many,
                                     const EnqueueOptions& options) {
  const TaskDeclaration* const own = environment_->registry().find_task_to_enqueue(task);
  if (own == nullptr) return plan_registered(task, many, options);
  return plan_all(task, own, many, options, environment_->enqueue_defaults(), clock_);
}

std::vector<NewJob> ClientImpl::plan_registered(std::string_view task, std::span<const json> many,
                                                const EnqueueOptions& options) {
  const EnqueueDefaults& defaults = environment_->enqueue_defaults();
  while (true) {
    const auto registered = catalog_.find(environment_->store(), task);
    try {
      return plan_all(task, registered.get(), many, options, defaults, clock_);
    } catch (const Error&) {
      // The workers may have a newer declaration by now, under which it fits.
      if (registered == nullptr || !catalog_.refresh()) throw;
    }
  }
}

std::optional<JobState> ClientImpl::look(JobId id) {
  return environment_->store().job_states({&id, 1}).at(0);
}

JobState ClientImpl::wait(JobId id, std::optional<nanoseconds> deadline) {
  const JobState seen = state(id);  // an outage at the first look is the caller's
  if (is_final(seen)) return seen;
  if (refuse_wait_) {
    if (!deadline) refuse_wait_(id);
    return seen;
  }
  if (before_look_) before_look_();  // a short wait may end before it looks again
  const std::optional<JobState> now = waits_.wait(id, seen, deadline);
  if (!now) throw not_found(id);
  return *now;
}

json ClientImpl::output(JobId id) {
  const JobRecord job = record(id);
  if (job.state != JobState::kDone) throw job_failed(job);
  if (job.output.empty()) return nullptr;
  std::vector<std::string> attachments;
  // Only an output that speaks of attachments has some.
  if (job.output.find("$stint.bytes") != std::string::npos) {
    attachments = environment_->store().load_attachments(id, Store::Attachments::kOutput);
  }
  return unpack_payload(job.output, std::move(attachments));
}

JobState ClientImpl::state(JobId id) {
  const std::optional<JobState> state = look(id);
  if (!state) throw not_found(id);
  return *state;
}

JobRecord ClientImpl::record(JobId id) {
  std::optional<JobRecord> record = environment_->store().find_job(id);
  if (!record) throw not_found(id);
  return *std::move(record);
}

std::vector<JobLogLine> ClientImpl::log(JobId id, std::int64_t from) {
  constexpr int kAtOnce = 1000;
  std::vector<JobLogLine> lines;
  while (true) {
    const auto more = environment_->store().read_log(id, from, kAtOnce);
    lines.insert(lines.end(), more.begin(), more.end());
    if (std::ssize(more) < kAtOnce) return lines;
    from = more.back().number + 1;
  }
}

bool ClientImpl::abort(JobId id, std::string_view message) {
  const std::optional<JobState> state = environment_->store().abort(id, message);
  if (!state) throw not_found(id);
  waits_.hurry(id);
  return *state == JobState::kAborted || *state == JobState::kAborting;
}

bool ClientImpl::retry(JobId id) {
  const OperationResult result =
      environment_->store().retry_jobs({&id, 1}, RetryOf::kFailures).front();
  if (result.kind == OperationResult::Kind::kNotFound) throw not_found(id);
  return result.kind == OperationResult::Kind::kChanged;
}

std::string error_message(std::string_view error_json) {
  if (error_json.empty()) return {};
  const json error = json::parse(error_json, nullptr, false);
  if (!error.is_object() || !error.contains("message") || !error["message"].is_string()) {
    return std::string{error_json};
  }
  return error["message"].get<std::string>();
}

}  // namespace stint::detail
