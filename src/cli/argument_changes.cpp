#include "cli/argument_changes.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "cli/enqueue_words.hpp"
#include "core/enqueue_plan.hpp"
#include "core/payload.hpp"
#include "core/registry.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {

ArgumentChanges::ArgumentChanges(Context& context, std::vector<std::string> words,
                                 std::vector<std::string> cleared)
    : context_(context), words_(std::move(words)), cleared_(std::move(cleared)) {}

const ArgumentChanges::ForTask& ArgumentChanges::for_task(const std::string& name) {
  const auto known = tasks_.find(name);
  if (known != tasks_.end()) return known->second;
  const bool reads_input =
      std::ranges::any_of(words_, [](const std::string& word) { return word.ends_with("=@-"); });
  if (reads_input && !tasks_.empty()) {
    throw Error{ErrorCode::kUsage, "standard input can be read for the jobs of one task only"};
  }
  ForTask changes;
  if (const detail::TaskDeclaration* own = context_.registry().find_task(name)) {
    changes.task = {std::shared_ptr<const void>{}, own};  // lives as long as the context
  } else {
    changes.task = catalog_.find(context_.store(), name);
  }
  const std::vector<ArgumentSpec> none;
  changes.given =
      arguments_from_words(changes.task ? changes.task->args : none, words_,
                           context_.environment()->enqueue_defaults().limits.attachment_bytes);
  return tasks_.emplace(name, std::move(changes)).first->second;
}

json ArgumentChanges::present(const JobRecord& job) {
  std::vector<std::string> attachments;
  if (job.args.find("$stint.bytes") != std::string::npos) {
    attachments = context_.store().load_attachments(job.id, Store::Attachments::kArguments);
  }
  return unpack_payload(job.args, std::move(attachments));
}

void ArgumentChanges::clear(const ForTask& changes, json& args) const {
  for (const std::string& name : cleared_) {
    if (args.erase(name) > 0) continue;
    std::vector<std::string> names;
    if (changes.task) {
      for (const ArgumentSpec& spec : changes.task->args) names.push_back(spec.name);
      if (std::ranges::find(names, name) != names.end()) continue;
    }
    throw Error{ErrorCode::kInvalid, fmt::format("--clear-arg: the job has no argument \"{}\"{}",
                                                 name, did_you_mean(name, names))};
  }
}

NewArguments ArgumentChanges::apply(const JobRecord& job, const EnqueueOptions& due) {
  const ForTask& changes = for_task(job.task);
  json args = present(job);
  clear(changes, args);
  for (const auto& [name, value] : changes.given.items()) args[name] = value;
  NewJob planned =
      plan_job(job.task, changes.task.get(), args, due, context_.environment()->enqueue_defaults());
  return {.read = job.epoch,
          .args = std::move(planned.args),
          .attachments = std::move(planned.attachments)};
}

}  // namespace stint::cli
