// `explain`: why is a job not running?
#include <memory>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "app/environment.hpp"
#include "app/explain_facts.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "core/explain_job.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

std::string reason_json(const Reason& reason) {
  JsonLine line;
  line.text("code", reason.code)
      .text("text", reason.text)
      .raw("facts", reason.facts, "{}")
      .text_or_null("advice", reason.advice);
  return line.str();
}

std::string with_stop(std::string_view text) { return printable(text) + "."; }

/// The first letter large, a full stop at the end.
std::string sentence(std::string_view text) {
  std::string result = printable(text);
  if (!result.empty() && result.front() >= 'a' && result.front() <= 'z') {
    result.front() = static_cast<char>(result.front() - 'a' + 'A');
  }
  if (!result.ends_with('.')) result += '.';
  return result;
}

class Explain final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("ID", id_, "the job's number");
  }

  int run(Context& context) override {
    const JobRecord job = context.find_job(parse_job_id(id_));
    const std::string url = context.environment()->store_url();
    const std::unique_ptr<StoreInspector> inspector = open_inspector(url);
    const ExplainFacts facts =
        gather_explain_facts(context.store(), inspector.get(), job, context.settings(), url);
    const std::vector<Reason> reasons = explain_job(facts);
    context.json() ? print_json(context, job, reasons) : print_text(context, job, reasons);
    return 0;
  }

 private:
  static void print_json(Context& context, const JobRecord& job,
                         const std::vector<Reason>& reasons) {
    std::string list = "[";
    for (const Reason& reason : reasons) list += (list.size() > 1 ? "," : "") + reason_json(reason);
    JsonLine line;
    line.number("id", job.id.value).text("state", to_string(job.state)).raw("reasons", list + "]");
    context.output().line(line.str());
  }

  static void print_text(Context& context, const JobRecord& job,
                         const std::vector<Reason>& reasons) {
    const bool colors = context.terminal().colors_output;
    const Cell state = state_cell(job.state);
    Output& output = context.output();
    output.line(fmt::format("Job {} ({}) is {}: {}", job.id.value, printable(job.task),
                            colored(state.text, state.color, colors),
                            with_stop(reasons.front().text)));
    for (auto reason = reasons.begin() + 1; reason != reasons.end(); ++reason) {
      output.line("Also: " + with_stop(reason->text));
    }
    output.line(
        fmt::format("Domain {}, priority {}, {} started, {} of at most {} failed, {} crashed, "
                    "{} interrupted.",
                    printable(job.domain), job.priority, job.attempts, job.failures,
                    job.max_attempts, job.crashes, job.interruptions));
    for (const Reason& reason : reasons) {
      if (reason.advice.empty()) continue;
      output.line(colored("To do: ", Color::kBold, colors) + sentence(reason.advice));
    }
  }

  std::string id_;
};

}  // namespace

CommandEntry explain_entry() {
  return {
      .text =
          {.name = "explain",
           .summary = "Say why a job is not running, or how it stands",
           .description =
               "The first sentence is what decides. Others that hold as well follow, then what "
               "can be done. With --json: {\"id\", \"state\", \"reasons\": [{\"code\", \"text\", "
               "\"facts\", \"advice\"}]}, the decisive one first; codes stay as they are from "
               "version to version. Which tasks a worker has is what it said with its last beat.",
           .examples = {{"explain 42", "why job 42 does not run"},
                        {"explain 42 --json | jq -r '.reasons[0].code'", "for a script"}},
           .exit_codes = {{0, "it is explained"}, {3, "there is no such job"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Explain>(); }};
}

}  // namespace stint::cli
