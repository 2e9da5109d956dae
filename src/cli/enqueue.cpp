// `enqueue`: ask for jobs, one from the words of the line or many from a file.
#include <chrono>
#include <limits>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "base/time_format.hpp"
#include "cli/argument_options.hpp"
#include "cli/cannot_write.hpp"
#include "cli/choose.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/enqueue_file.hpp"
#include "cli/enqueue_words.hpp"
#include "cli/failure.hpp"
#include "cli/find_task.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/missing_workers.hpp"
#include "cli/progress_line.hpp"
#include "cli/read_value.hpp"
#include "cli/trace.hpp"
#include "cli/waiting.hpp"
#include "core/arguments.hpp"
#include "core/enqueue_plan.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kBatchJobs = 1000;

/// The options of an enqueue as they stand on the line.
struct JobOptions {
  std::optional<int> priority;
  std::optional<int> max_attempts;
  std::string domain;
  std::string node;
  std::string metadata;
  std::string key;
  std::vector<std::string> tags;
  EnqueueOptions ready;  ///< what is read while the line is

  void declare(OptionTable& options);
  EnqueueOptions finish(Context& context) const;
  void set_time(std::string_view text);
  void set_key(std::string_view text);
};

void JobOptions::declare(OptionTable& options) {
  options
      .integer({"--priority", "-p"}, priority, std::numeric_limits<std::int16_t>::min(),
               std::numeric_limits<std::int16_t>::max(), "the higher runs first, -32768 to 32767")
      .default_text = "the task's";
  options.add({.names = {"--at"},
               .value = "TIME",
               .help = "start no earlier: +5m, 2026-11-21T12:00:00Z, 2026-11-21 12:00 (UTC)",
               .default_text = "now",
               .set = [this](std::string_view text) { set_time(text); }});
  options.text({"--domain"}, "NAME", domain, "which workers may run it").default_text =
      "the task's";
  options.text({"--node"}, "NAME", node, "the only machine that may run it").default_text =
      "the task's, any";
  options.text({"--metadata"}, "JSON", metadata, "an object that travels with the job");
  options.list({"--tag"}, "TAG", tags, "a label to find the job by");
  options.integer({"--max-attempts"}, max_attempts, 1, 1000, "attempts that may fail, 1 to 1000")
      .default_text = "the task's, [defaults] max_attempts";
  options.add({.names = {"--timeout"},
               .value = "DURATION",
               .help = "end an attempt after this time: 30s, 1h; 0: none",
               .default_text = "the task's, [defaults] timeout",
               .set = [this](std::string_view text) { ready.timeout = read_duration(text); }});
  options.add({.names = {"--key"},
               .value = "TEXT",
               .help = "idempotency key: while a job with it is stored, its number is printed and "
                       "nothing is enqueued; with --from, line N has the key TEXT:N",
               .set = [this](std::string_view text) { set_key(text); }});
}

void JobOptions::set_key(std::string_view text) {
  // As from a script's variable that is not set: the job would lose its protection unnoticed.
  if (text.empty()) throw Error{ErrorCode::kUsage, "the key is empty; give one or leave it out"};
  key = text;
}

void JobOptions::set_time(std::string_view text) {
  if (text.starts_with('+')) {  // from now by the store's clock, not by ours
    ready.delay = read_duration(text.substr(1));
    return;
  }
  ready.run_at = parse_time(text);
  if (!ready.run_at && text != "now") {
    throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is no time; give {}", text, kTimeForms)};
  }
}

EnqueueOptions JobOptions::finish(Context& context) const {
  EnqueueOptions result = ready;
  result.priority = priority;
  result.max_attempts = max_attempts;
  if (!domain.empty()) result.domain = domain;
  if (!node.empty()) result.node = node;
  if (!metadata.empty()) result.metadata = parse_json(metadata, "--metadata");
  result.metadata = with_trace(context, std::move(result.metadata));
  result.tags = tags;
  result.idempotency_key = key;
  return result;
}

/// What is to be said when the numbers of jobs could not be printed.
std::string stored_after_all(const CannotWrite& problem, std::span<const JobId> ids) {
  if (ids.empty()) return problem.what();
  if (ids.size() == 1) {
    return fmt::format("{}; the job is stored, its number is {}", problem.what(),
                       ids.front().value);
  }
  return fmt::format("{}; {} jobs are stored, the first is {}, the last is {}", problem.what(),
                     ids.size(), ids.front().value, ids.back().value);
}

class Enqueue final : public Command {
 public:
  void declare(OptionTable& options, Context& context,
               std::span<const std::string> words) override {
    options.positional("TASK", task_name_, "the task's full name: module.task");
    options
        .positionals("ARGUMENT", words_,
                     "key=value, key:=JSON, or key=@FILE for a file's bytes (@-: standard input); "
                     "repeat a key to fill a list")
        .is_required = false;
    options.text({"--from"}, "FILE", from_,
                 "enqueue a job for each line of the file: a JSON object of arguments; -: "
                 "standard input");
    options.flag({"--wait", "-w"}, wait_, "wait for the end and print the output");
    job_.declare(options);
    if (has_word(words, "--help", "-h")) describe_arguments(options, context, words);
  }

  int run(Context& context) override {
    const auto task = find_task(context, task_name_);
    std::vector<JobId> ids;
    if (from_.empty()) {
      ids = enqueue_words(context, *task);
    } else {
      ids = enqueue_lines(context, *task);
    }
    try {
      context.output().flush();
    } catch (const CannotWrite& error) {
      throw CannotWrite{stored_after_all(error, ids)};
    }
    return wait_ ? wait_for(context, ids) : 0;
  }

 private:
  static void describe_arguments(OptionTable& options, Context& context,
                                 std::span<const std::string> words);
  std::vector<JobId> enqueue_words(Context& context, const detail::TaskDeclaration& task);
  std::vector<JobId> enqueue_lines(Context& context, const detail::TaskDeclaration& task);
  NewJob plan_line(Context& context, const detail::TaskDeclaration& task,
                   const EnqueueOptions& options, const LineFile& file, std::size_t number,
                   const std::string& line) const;
  void send(Context& context, std::span<const NewJob> jobs, std::vector<JobId>& ids) const;
  static void print(Context& context, std::span<const Enqueued> stored);
  static int wait_for(Context& context, const std::vector<JobId>& ids);

  std::string task_name_;
  std::vector<std::string> words_;
  std::string from_;
  bool wait_ = false;
  JobOptions job_;
};

// Help is there whatever is wrong with the settings or the store.
void Enqueue::describe_arguments(OptionTable& options, Context& context,
                                 std::span<const std::string> words) {
  try {
    if (const auto task = task_for_help(context, words)) {
      options.describe(described_words(task->name, task->args));
    }
  } catch (const std::exception&) {
    context.note(describe_failure(std::current_exception(), context.program(), "").message);
    context.note(fmt::format("{}: so the task's own arguments are not shown", context.program()));
  }
}

std::vector<JobId> Enqueue::enqueue_words(Context& context, const detail::TaskDeclaration& task) {
  const EnqueueDefaults& defaults = context.environment()->enqueue_defaults();
  const json args = arguments_from_words(task.args, words_, defaults.limits.attachment_bytes);
  const NewJob job = plan_job(task.name, &task, args, job_.finish(context), defaults);
  std::vector<JobId> ids;
  send(context, {&job, 1}, ids);
  return ids;
}

void Enqueue::send(Context& context, std::span<const NewJob> jobs, std::vector<JobId>& ids) const {
  const std::vector<Enqueued> stored = context.store().enqueue(jobs);
  for (const Enqueued& one : stored) ids.push_back(one.id);
  if (wait_) return;
  try {
    print(context, stored);
  } catch (const CannotWrite& error) {
    throw CannotWrite{stored_after_all(error, ids)};
  }
}

void Enqueue::print(Context& context, std::span<const Enqueued> stored) {
  for (const Enqueued& one : stored) {
    if (context.json()) {
      JsonLine line;
      line.number("id", one.id.value).boolean("inserted", one.inserted);
      context.output().line(line.str());
    } else {
      context.output().line(std::to_string(one.id.value));
    }
  }
}

NewJob Enqueue::plan_line(Context& context, const detail::TaskDeclaration& task,
                          const EnqueueOptions& options, const LineFile& file, std::size_t number,
                          const std::string& line) const {
  EnqueueOptions own = options;
  if (!own.idempotency_key.empty()) own.idempotency_key += fmt::format(":{}", number);
  try {
    return plan_job(task.name, &task, parse_json(line, "the arguments"), own,
                    context.environment()->enqueue_defaults());
  } catch (const Error& error) {
    throw Error{error.code(), fmt::format("line {} of {}: {}", number, file.name(), error.what())};
  }
}

// Every line is checked before the first job is stored: a mistake in the last line enqueues
// nothing.
std::vector<JobId> Enqueue::enqueue_lines(Context& context, const detail::TaskDeclaration& task) {
  if (!words_.empty()) {
    throw Error{ErrorCode::kUsage,
                fmt::format("\"{}\": the arguments come from the lines of --from", words_.front())};
  }
  const EnqueueOptions options = job_.finish(context);
  LineFile file{from_};
  std::size_t total = 0;
  file.each_line([&](std::size_t number, const std::string& line) {
    static_cast<void>(plan_line(context, task, options, file, number, line));
    ++total;
  });
  std::vector<JobId> ids;
  std::vector<NewJob> batch;
  std::size_t stored_to = 0;  // the last line of the batches that are stored
  ProgressLine progress{context.terminal().error_is_terminal, "enqueued", total};
  const auto send_batch = [&] {
    try {
      send(context, batch, ids);
    } catch (const Error& error) {
      if (ids.empty()) throw;
      throw Error{error.code(),
                  fmt::format("{}\n{} jobs, the lines up to {}, had been enqueued before",
                              error.what(), ids.size(), stored_to)};
    }
    batch.clear();
    progress.update(ids.size());
  };
  file.each_line([&](std::size_t number, const std::string& line) {
    batch.push_back(plan_line(context, task, options, file, number, line));
    if (batch.size() < kBatchJobs) return;
    send_batch();
    stored_to = number;
  });
  if (!batch.empty()) send_batch();
  return ids;
}

int Enqueue::wait_for(Context& context, const std::vector<JobId>& ids) {
  MissingWorkers missing{*context.environment(), context.program()};
  {
    ProgressLine progress{context.terminal().error_is_terminal, "finished", ids.size()};
    wait_for_jobs(context.store(), ids, WaitFor::kFinished, {}, [&](std::size_t count) {
      progress.update(count);
      if (count < ids.size()) missing.look();
    });
  }
  int result = 0;
  for (const JobId id : ids) {
    const JobRecord job = context.find_job(id);
    if (context.json()) {
      context.output().line(job_json(job));
    } else if (!job.output.empty()) {
      context.output().line(job.output);
    }
    if (job.state == JobState::kDone) continue;
    result = 1;
    context.note(fmt::format("{}: error: job {} {}: {}", context.program(), id.value,
                             to_string(job.state), failure_text(job)));
  }
  return result;
}

}  // namespace

CommandEntry enqueue_entry() {
  return {
      .text =
          {.name = "enqueue",
           .summary = "Ask for jobs: store them for a worker to run",
           .description =
               "Prints each job's number. Once it is printed, the store has committed the job. "
               "With "
               "--wait, prints its output as JSON instead, nothing for a job without one.\n\n"
               "With --from every line is checked before anything is stored: a wrong line is named "
               "and nothing is enqueued. Then 1000 jobs at a time are stored in one transaction "
               "each; if the store fails between two, the error says which lines were enqueued. "
               "With --key the file can be given again: what is there is not enqueued twice.\n\n"
               "The trace in TRACEPARENT (and TRACESTATE) of the environment goes along as the "
               "job's "
               "metadata, unless --metadata states a traceparent.\n\n"
               "`enqueue TASK --help` lists the task's own arguments.",
           .examples = {{"enqueue images.resize path=a.png width=400",
                         "one job; prints its number"},
                        {"enqueue images.resize --help", "the task's own arguments"},
                        {"enqueue images.resize path=a.png --wait", "and wait for its output"},
                        {"enqueue mail.send 'to:=[\"a@example.org\"]' text=@letter.txt --at +1h",
                         "JSON and a file as arguments, in an hour"},
                        {"enqueue images.resize --from jobs.jsonl --key monday",
                         "a job for each line; safe to repeat"}},
           .exit_codes = {{0, "enqueued; with --wait: every job is done"},
                          {1, "with --wait: a job failed or was aborted"},
                          {3, "there is no such task"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Enqueue>(); }};
}

}  // namespace stint::cli
