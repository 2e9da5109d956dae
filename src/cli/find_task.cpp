#include "cli/find_task.hpp"
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "base/nearest.hpp"
#include "base/url.hpp"
#include "cli/choose.hpp"
#include "cli/context.hpp"
#include "core/arguments.hpp"
#include "core/declaration_check.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using TaskPointer = std::shared_ptr<const detail::TaskDeclaration>;

/// The words that may be the name of a task.
std::vector<std::string> names_on_line(std::span<const std::string> words) {
  std::vector<std::string> names;
  for (const std::size_t place : plain_words(words)) {
    if (is_task_name(words[place])) names.push_back(words[place]);
  }
  return names;
}

TaskPointer declaration_of(const TaskRecord& record) {
  return std::make_shared<const detail::TaskDeclaration>(task_from_specification(
      record.name, parse_json(record.specification, "the registered specification")));
}

}  // namespace

const detail::TaskDeclaration* task_on_line(Context& context, std::span<const std::string> words) {
  const std::vector<std::string> names = names_on_line(words);
  const auto find_in = [&](const Registry& registry) -> const detail::TaskDeclaration* {
    for (const std::string& name : names) {
      if (const detail::TaskDeclaration* task = registry.find_task(name)) return task;
    }
    return nullptr;
  };
  if (names.empty()) return nullptr;
  if (const detail::TaskDeclaration* task = find_in(context.module_registry())) return task;
  read_global_options(words, context.global());
  return find_in(context.registry());
}

TaskPointer task_for_help(Context& context, std::span<const std::string> words) {
  if (const detail::TaskDeclaration* own = task_on_line(context, words)) {
    return {std::shared_ptr<const void>{}, own};  // the registry lives as long as the context
  }
  const std::vector<std::string> names = names_on_line(words);
  if (names.empty()) return nullptr;
  std::vector<std::string> known = context.registry().task_names();
  for (const TaskRecord& record : existing_store(context).list_tasks()) {
    if (std::ranges::find(names, record.name) != names.end()) return declaration_of(record);
    known.push_back(record.name);
  }
  throw unknown_task(names.front(), known,
                     fmt::format("`{} task list` shows all", context.program()));
}

Store& existing_store(Context& context) {
  const Url url = parse_url(context.environment()->store_url());
  const bool is_file = url.scheme == "sqlite";
  if (is_file && !std::filesystem::exists(url.path)) {
    throw Error{ErrorCode::kUnavailable, fmt::format("there is no store {}", context.store_name())};
  }
  const std::unique_ptr<StoreSchema> schema = context.schema();
  if (schema->version() != schema->newest_version()) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("the tables of {} are of another version: see `{} db status`",
                            context.store_name(), context.program())};
  }
  return context.store();
}

Error unknown_task(std::string_view name, const std::vector<std::string>& known,
                   std::string_view way_out) {
  return Error{ErrorCode::kNotFound, fmt::format("there is no task \"{}\"{}; {}", name,
                                                 did_you_mean(name, known), way_out)};
}

TaskPointer find_task(Context& context, std::string_view name) {
  const Registry& registry = context.registry();
  if (const detail::TaskDeclaration* own = registry.find_task(name)) {
    return {std::shared_ptr<const void>{}, own};  // the registry lives as long as the context
  }
  std::vector<std::string> known = registry.task_names();
  for (const TaskRecord& record : context.store().list_tasks()) {
    if (record.name == name) return declaration_of(record);
    known.push_back(record.name);
  }
  throw unknown_task(
      name, known,
      fmt::format("neither this program nor a worker of {} has registered it (`{} task list` shows "
                  "all)",
                  context.store_name(), context.program()));
}

}  // namespace stint::cli
