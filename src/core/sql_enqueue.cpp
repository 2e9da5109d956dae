#include "core/sql_enqueue.hpp"
#include <chrono>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint {
namespace {

std::string in_ascii(const json& value) { return value.dump(-1, ' ', true); }

json options_of(const NewJob& job) {
  json options{{"priority", job.priority},
               {"domain", job.domain},
               {"max_attempts", job.max_attempts},
               {"timeout", format_duration(job.timeout)}};
  if (!job.node.empty()) options["node"] = job.node;
  if (job.run_at) {
    options["run_at"] = std::chrono::floor<microseconds>(*job.run_at);
  } else if (job.delay.count() > 0) {
    options["delay"] = format_duration(job.delay);
  }
  if (!job.metadata.empty()) options["metadata"] = json::parse(job.metadata);
  if (!job.tags.empty()) options["tags"] = job.tags;
  if (!job.idempotency_key.empty()) options["idempotency_key"] = job.idempotency_key;
  // As for the library, a task need not be registered yet. But what it says of its jobs' safety is
  // known to the store from there alone: such a job is rather refused.
  if (job.flags.mask == 0) options["unregistered"] = true;
  return options;
}

}  // namespace

std::vector<std::string> sql_enqueue_values(const NewJob& job) {
  if (!job.attachments.empty()) {
    throw Error{ErrorCode::kInvalid,
                fmt::format("task \"{}\": SQL cannot carry stint::Bytes: use Client::enqueue, or "
                            "keep them in a table of your own and pass its key",
                            job.task)};
  }
  return {job.task, in_ascii(json::parse(job.args)), in_ascii(options_of(job))};
}

}  // namespace stint
