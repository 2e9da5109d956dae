#include "app/unfinished_jobs.hpp"
#include <fmt/format.h>
#include "app/client_impl.hpp"

namespace stint {
namespace {

constexpr int kMostLogLines = 200;
constexpr int kMostJobs = 20;

}  // namespace

std::string describe_unfinished(Store& store, const ExplainJob& explain) {
  const JobFilter unfinished{
      .states = {JobState::kQueued, JobState::kRunning, JobState::kAborting, JobState::kScheduled,
                 JobState::kFailed, JobState::kAborted},
      .limit = kMostJobs};
  std::string text;
  for (const JobRecord& job : store.list_jobs(unfinished)) {
    text += fmt::format("job {} ({}) is {}", job.id.value, job.task, to_string(job.state));
    if (!job.cause.empty()) text += ", " + job.cause;
    if (!job.error.empty()) text += ": " + detail::error_message(job.error);
    const std::string more = explain && !is_final(job.state) ? explain(job) : std::string{};
    if (!more.empty()) text += "; " + more;
    text += "\n";
    for (const JobLogLine& line : store.read_log(job.id, 1, kMostLogLines)) {
      text += "  " + line.text + "\n";
    }
  }
  return text;
}

}  // namespace stint
