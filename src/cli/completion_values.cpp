#include "cli/completion_values.hpp"
#include <algorithm>
#include <array>
#include <utility>
#include <fmt/format.h>
#include "cli/context.hpp"
#include "cli/find_task.hpp"
#include "config/settings_report.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kNewestJobs = 100;

constexpr std::array kStates = {"queued",   "scheduled", "gated",  "blocked", "running",
                                "aborting", "done",      "failed", "aborted"};
constexpr std::array kLevels = {"debug", "info", "warning", "error"};

std::vector<Candidate> words_of(const auto& words) {
  std::vector<Candidate> result;
  result.reserve(std::size(words));
  for (const auto& word : words) result.push_back({.word = std::string{word}});
  return result;
}

/// All tasks of the program, with those that the settings declare; without these if they are wrong.
const Registry& best_registry(Context& context) {
  try {
    return context.registry();
  } catch (const Error&) {
    return context.module_registry();
  }
}

std::vector<Candidate> own_tasks(Context& context) {
  std::vector<Candidate> result;
  for (const auto& [name, task] : best_registry(context).tasks()) {
    result.push_back({.word = name, .meaning = task.options.doc});
  }
  return result;
}

std::vector<Candidate> registered_tasks(Context& context) {
  const Registry& own = best_registry(context);
  std::vector<Candidate> result;
  for (const TaskRecord& record : existing_store(context).list_tasks()) {
    if (own.find_task(record.name) == nullptr) result.push_back({.word = record.name});
  }
  return result;
}

/// The newest jobs that the command can do something with.
std::vector<Candidate> newest_jobs(Context& context, std::string_view command) {
  JobFilter filter{.limit = kNewestJobs};
  if (command == "job abort" || command == "job wait") {
    filter.states = {JobState::kScheduled, JobState::kQueued,  JobState::kBlocked,
                     JobState::kGated,     JobState::kRunning, JobState::kAborting};
  } else if (command == "job stack") {
    filter.states = {JobState::kRunning, JobState::kAborting};
  }
  std::vector<Candidate> result;
  for (const JobRecord& job : existing_store(context).list_page(filter).jobs) {
    result.push_back({.word = std::to_string(job.id.value),
                      .meaning = fmt::format("{} {}", job.task, to_string(job.state))});
  }
  return result;
}

std::vector<Candidate> setting_keys(Context& context) {
  std::vector<Candidate> result;
  for (const SettingLine& line : setting_lines(context.settings())) {
    const std::string table = line.key.substr(0, line.key.find('.'));
    const bool is_new = std::ranges::none_of(
        result, [&](const Candidate& candidate) { return candidate.word == table; });
    if (is_new && table != line.key) result.push_back({.word = table});
    result.push_back({.word = line.key, .meaning = line.help});
  }
  return result;
}

Candidates store_names(Context& context, const TypedValue& value) {
  constexpr std::string_view kFile = "sqlite:";
  if (value.text.starts_with(kFile)) {
    return {.source = CompletionSource::kFiles, .prefix = fmt::format("{}{}", value.prefix, kFile)};
  }
  std::vector<Candidate> names = words_of(context.settings().names("stores"));
  names.push_back({.word = std::string{kFile}, .meaning = "a file"});
  names.push_back({.word = "postgresql://", .meaning = "a server"});
  Candidates result{.candidates = fitting(std::move(names), value.prefix, value.text)};
  result.is_open =
      result.candidates.size() == 1 && (result.candidates.front().word.ends_with(':') ||
                                        result.candidates.front().word.ends_with('/'));
  return result;
}

/// `key=`, and behind it what the argument can be.
Candidates task_argument(Context& context, const TypedValue& value) {
  if (const std::size_t file = value.text.find("=@"); file != std::string_view::npos) {
    return {.source = CompletionSource::kFiles,
            .prefix = std::string{value.text.substr(0, file + 2)}};
  }
  Candidates result{.is_open = true};
  const auto words = [text = std::string{value.text}](const detail::TaskDeclaration& task) {
    std::vector<Candidate> found;
    for (const ArgumentSpec& spec : task.args) {
      found.push_back({.word = spec.name + "=", .meaning = spec.help});
      for (const json& choice : spec.choices) {
        const std::string shown = choice.is_string() ? choice.get<std::string>() : choice.dump();
        if (text.starts_with(spec.name + "=")) found.push_back({.word = spec.name + "=" + shown});
      }
    }
    return fitting(std::move(found), "", text);
  };
  if (const auto* const own = best_registry(context).find_task(value.task)) {
    result.candidates = words(*own);
    std::erase_if(result.candidates,
                  [&](const Candidate& candidate) { return candidate.word == value.text; });
    return result;
  }
  result.ask_store = [&context, words, name = std::string{value.task}] {
    static_cast<void>(existing_store(context));
    return words(*find_task(context, name));
  };
  return result;
}

/// The words that a value of this name can be, without the store.
std::vector<Candidate> known_words(Context& context, const TypedValue& value) {
  if (!value.choices.empty()) return words_of(value.choices);
  if (value.name == "TASK") return own_tasks(context);
  if (value.name.starts_with("STATE")) return words_of(kStates);
  if (value.name == "LEVEL") return words_of(kLevels);
  if (value.name == "KEY" || value.name == "TABLE") return setting_keys(context);
  return {};
}

/// What the store knows of a value of this name.
std::function<std::vector<Candidate>()> stored_words(Context& context, const TypedValue& value) {
  // `run` and the locks are about what this program has.
  const bool is_own = value.command == "run" || value.command.starts_with("lock ") ||
                      value.command == "check-liveness" || value.command == "task register";
  if (value.name == "TASK" && !is_own) return [&context] { return registered_tasks(context); };
  if (value.name == "ID" || value.name == "JOB") {
    return
        [&context, command = std::string{value.command}] { return newest_jobs(context, command); };
  }
  return {};
}

}  // namespace

std::vector<Candidate> fitting(std::vector<Candidate> candidates, std::string_view prefix,
                               std::string_view text) {
  std::erase_if(candidates,
                [&](const Candidate& candidate) { return !candidate.word.starts_with(text); });
  for (Candidate& candidate : candidates) candidate.word.insert(0, prefix);
  return candidates;
}

Candidates complete_value(Context& context, const TypedValue& value) {
  if (value.name == "FILE" || value.name == "PATH" ||
      (value.name == "FILE|NAME" && value.text.find('/') != std::string_view::npos)) {
    return {.source = CompletionSource::kFiles, .prefix = std::string{value.prefix}};
  }
  if (value.name == "FOLDER" || value.name == "DIR") {
    return {.source = CompletionSource::kFolders, .prefix = std::string{value.prefix}};
  }
  if (value.name == "COMMAND") return {.source = CompletionSource::kPrograms};
  if (value.name == "URL|NAME") return store_names(context, value);
  if (value.name == "FILE|NAME") {
    return {.candidates = fitting(words_of(context.module_names()), value.prefix, value.text)};
  }
  if (value.name == "ARGUMENT" && !value.task.empty()) return task_argument(context, value);
  // Of `a,b` the last part is typed.
  std::string prefix{value.prefix};
  std::string_view text = value.text;
  if (value.name.ends_with(",...")) {
    const std::size_t comma = text.rfind(',');
    if (comma != std::string_view::npos) {
      prefix += text.substr(0, comma + 1);
      text.remove_prefix(comma + 1);
    }
  }
  Candidates result{.candidates = fitting(known_words(context, value), prefix, text)};
  if (auto stored = stored_words(context, value)) {
    result.ask_store = [stored = std::move(stored), prefix, text = std::string{text}] {
      return fitting(stored(), prefix, text);
    };
  }
  return result;
}

}  // namespace stint::cli
