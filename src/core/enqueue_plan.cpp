#include "core/enqueue_plan.hpp"
#include <algorithm>
#include <set>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/utf8.hpp"
#include "core/arguments.hpp"
#include "core/date_arguments.hpp"
#include "core/declaration_check.hpp"
#include "core/plan_at.hpp"
#include "core/trace_context.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Problems = std::vector<std::string>;

// Text that is shown on terminals and compared by people: one line of UTF-8.
bool is_plain_text(std::string_view text, std::size_t longest) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return text.size() <= longest && is_valid_utf8(text) && std::ranges::none_of(text, is_control);
}

// One rule for the options of a task and those of an enqueue: check the latter as if they were a
// task's.
TaskOptions merged(const detail::TaskDeclaration* task, const EnqueueOptions& options,
                   const EnqueueDefaults& defaults) {
  TaskOptions result;
  if (task != nullptr) {
    result.domain = task->options.domain;
    result.node = task->options.node;
    result.priority = task->options.priority;
    result.timeout = task->options.timeout;
    result.retry.max_attempts = task->options.retry.max_attempts;
    result.at_most_once = task->options.at_most_once;
    result.exclusive = task->options.exclusive;
  }
  if (result.timeout.count() == 0) result.timeout = defaults.timeout;
  result.domain = options.domain.value_or(result.domain);
  result.node = options.node.value_or(result.node);
  result.priority = options.priority.value_or(result.priority);
  result.timeout = options.timeout.value_or(result.timeout);
  if (options.max_attempts) result.retry.max_attempts = options.max_attempts;
  return result;
}

void check_times(const EnqueueOptions& options, Problems& problems) {
  constexpr std::chrono::sys_days kFirst = std::chrono::year{1970} / 1 / 1;
  constexpr std::chrono::sys_days kLast = std::chrono::year{2200} / 1 / 1;
  if (options.run_at && (*options.run_at < kFirst || *options.run_at > kLast)) {
    problems.emplace_back("run_at is out of range: 1970 to 2199");
  }
  if (options.delay.count() < 0 || options.delay > kLongestDuration) {
    problems.push_back(fmt::format("delay {} is out of range: 0s to {}",
                                   format_duration(options.delay),
                                   format_duration(kLongestDuration)));
  }
  if (options.run_at && options.delay.count() != 0) {
    problems.emplace_back("run_at and delay are both given: leave one of them out");
  }
}

void check_tags(const std::vector<std::string>& tags, Problems& problems) {
  constexpr std::size_t kMost = 50;
  constexpr std::size_t kLongest = 100;
  if (tags.size() > kMost) {
    problems.push_back(fmt::format("there are {} tags; the limit is {}", tags.size(), kMost));
  }
  std::set<std::string_view> seen;
  for (const std::string& tag : tags) {
    if (tag.empty() || !is_plain_text(tag, kLongest) || tag.find(',') != std::string::npos) {
      problems.push_back(fmt::format(
          "tag \"{}\" must be 1 to {} bytes of UTF-8 without commas or control characters",
          sanitize_text(tag.substr(0, kLongest)), kLongest));
    } else if (!seen.insert(tag).second) {
      problems.push_back(fmt::format("tag \"{}\" is given twice", tag));
    }
  }
}

void check_key(std::string_view key, Problems& problems) {
  constexpr std::size_t kLongest = 500;
  if (!is_plain_text(key, kLongest)) {
    problems.push_back(fmt::format(
        "idempotency_key must be at most {} bytes of UTF-8 without control characters", kLongest));
  }
}

/// What follows a trace reads it by its form: a mistake is found here rather than never.
void check_trace(const json& metadata, Problems& problems) {
  const auto found = metadata.find(kTraceparent);
  if (found == metadata.end() || found->is_null()) return;
  if (found->is_string() && is_traceparent(found->get_ref<const std::string&>())) return;
  const std::string text = found->dump(-1, ' ', true, json::error_handler_t::replace);
  problems.push_back(
      fmt::format("metadata: the traceparent {} has not the form of W3C Trace Context, {}",
                  text.substr(0, 100), kTraceparentForm));
}

std::string packed_metadata(std::string_view task, const json& metadata,
                            const PayloadLimits& limits, Problems& problems) {
  if (metadata.is_null()) return {};
  if (!metadata.is_object()) {
    problems.push_back(fmt::format("metadata must be an object, not {}", metadata.type_name()));
    return {};
  }
  check_trace(metadata, problems);
  Payload payload =
      pack_payload(metadata, limits, fmt::format("the metadata of task \"{}\"", task));
  if (!payload.attachments.empty()) {
    problems.emplace_back("metadata cannot hold stint::Bytes: put them into the arguments");
  }
  return metadata.empty() ? std::string{} : std::move(payload.text);
}

// When the job is due, by the clock of this machine where the store's would say when "now" is.
StoreTime due_time(const EnqueueOptions& options, const Clock& clock) {
  if (options.run_at) return *options.run_at;
  return clock.system_now() + std::clamp(options.delay, milliseconds{0}, kLongestDuration);
}

Payload packed_arguments(std::string_view name, const detail::TaskDeclaration* task,
                         const json& args, const PayloadLimits& limits, StoreTime due) {
  // Without a declaration there is nothing to check but that it is an object.
  json checked = json::object();
  if (task != nullptr) {
    checked = checked_arguments(*task, args);
    resolve_dates(*task, checked, due);
    check_moments(*task, checked, due);  // they stay as they are until the attempt starts
  } else if (args.is_object()) {
    checked = args;
  } else if (!args.is_null()) {
    throw Error{ErrorCode::kInvalid,
                fmt::format("task \"{}\": the arguments must be an object, not {}", name,
                            args.type_name())};
  }
  return pack_payload(checked, limits, fmt::format("the arguments of task \"{}\"", name));
}

}  // namespace

NewJob plan_job_at(const Clock& clock, std::string_view task_name,
                   const detail::TaskDeclaration* task, const json& args,
                   const EnqueueOptions& options, const EnqueueDefaults& defaults) {
  if (!is_task_name(task_name)) {
    throw Error{ErrorCode::kInvalid, fmt::format("\"{}\" is no name of a task: a name is {}",
                                                 sanitize_text(task_name), kTaskNameForm)};
  }
  Payload payload =
      packed_arguments(task_name, task, args, defaults.limits, due_time(options, clock));
  const TaskOptions merged_options = merged(task, options, defaults);
  Problems problems;
  check_options(merged_options, problems);
  check_times(options, problems);
  check_tags(options.tags, problems);
  check_key(options.idempotency_key, problems);
  NewJob job;
  job.metadata = packed_metadata(task_name, options.metadata, defaults.limits, problems);
  throw_problems(task_name, "the options of the enqueue", problems);
  job.task = task_name;
  job.args = std::move(payload.text);
  job.attachments = std::move(payload.attachments);
  job.domain = merged_options.domain;
  job.node = merged_options.node;
  job.priority = merged_options.priority;
  job.run_at = options.run_at;
  job.delay = options.delay;
  job.max_attempts = merged_options.retry.max_attempts.value_or(defaults.max_attempts);
  job.timeout = merged_options.timeout;
  if (merged_options.at_most_once) job.flags.mask |= JobFlags::kAtMostOnce;
  if (merged_options.exclusive) job.flags.mask |= JobFlags::kExclusive;
  job.tags = options.tags;
  job.idempotency_key = options.idempotency_key;
  return job;
}

NewJob plan_job(std::string_view task_name, const detail::TaskDeclaration* task, const json& args,
                const EnqueueOptions& options, const EnqueueDefaults& defaults) {
  return plan_job_at(real_clock(), task_name, task, args, options, defaults);
}

std::string child_key(JobId parent, int ordinal) {
  return fmt::format("{}child:{}:{}", kReservedKeyPrefix, parent.value, ordinal);
}

}  // namespace stint
