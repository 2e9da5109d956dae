#include <limits>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "core/declaration_check.hpp"
#include "core/json_schema.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

json argument_specification(const ArgumentSpec& spec) {
  json result = {{"name", spec.name}, {"type", to_string(spec.type)}};
  if (spec.type == ArgumentType::kArray) result["element"] = to_string(spec.element);
  result["required"] = spec.required;
  if (spec.nullable) result["nullable"] = true;
  // Bytes are no JSON: the worker, who has the declaration, fills such a default in.
  if (spec.default_value && !spec.default_value->is_binary())
    result["default"] = *spec.default_value;
  if (!spec.choices.empty()) result["choices"] = spec.choices;
  if (!spec.help.empty()) result["help"] = spec.help;
  if (spec.short_flag != '\0') result["short_flag"] = std::string{spec.short_flag};
  if (spec.minimum != Limits::min()) result["minimum"] = spec.minimum;
  if (spec.maximum != Limits::max()) result["maximum"] = spec.maximum;
  if (spec.type == ArgumentType::kNumber || spec.element == ArgumentType::kNumber) {
    if (!spec.lowest.is_null()) result["minimum"] = spec.lowest;
    if (!spec.highest.is_null()) result["maximum"] = spec.highest;
  }
  if (!spec.zone.empty()) result["zone"] = spec.zone;
  return result;
}

json retry_specification(const RetryOptions& retry) {
  json result = {{"backoff", format_duration(retry.backoff)},
                 {"max_backoff", format_duration(retry.max_backoff)},
                 {"jitter", retry.jitter}};
  if (retry.max_attempts) result["max_attempts"] = *retry.max_attempts;
  return result;
}

ArgumentType read_type(const json& from, const char* key) {
  const auto name = from.value(key, std::string{"any"});
  // A type of a later version: its values are checked by the worker.
  return parse_argument_type(name).value_or(ArgumentType::kAny);
}

void read_bounds(const json& from, ArgumentSpec& spec) {
  if (spec.type == ArgumentType::kNumber || spec.element == ArgumentType::kNumber) {
    spec.lowest = from.value("minimum", json{});
    spec.highest = from.value("maximum", json{});
  } else {
    spec.minimum = from.value("minimum", Limits::min());
    spec.maximum = from.value("maximum", Limits::max());
  }
}

ArgumentSpec read_argument(const json& from) {
  ArgumentSpec spec{.name = from.at("name").get<std::string>()};
  spec.type = read_type(from, "type");
  spec.element = read_type(from, "element");
  spec.required = from.value("required", false);
  spec.nullable = from.value("nullable", false);
  if (from.contains("default")) spec.default_value = from.at("default");
  if (from.contains("choices")) spec.choices = from.at("choices").get<std::vector<json>>();
  spec.help = from.value("help", std::string{});
  const auto flag = from.value("short_flag", std::string{});
  if (!flag.empty()) spec.short_flag = flag[0];
  read_bounds(from, spec);
  spec.zone = from.value("zone", std::string{});
  return spec;
}

template <typename Duration>
void read_duration(const json& from, const char* key, Duration& to) {
  if (from.contains(key)) to = from.at(key).get<Duration>();
}

RetryOptions read_retry(const json& from) {
  RetryOptions retry;
  const bool is_own = !from.value(kAttemptsAreDefault, false);
  if (is_own && from.contains("max_attempts"))
    retry.max_attempts = from.at("max_attempts").get<int>();
  read_duration(from, "backoff", retry.backoff);
  read_duration(from, "max_backoff", retry.max_backoff);
  retry.jitter = from.value("jitter", retry.jitter);
  return retry;
}

TaskOptions read_options(const json& from) {
  TaskOptions options;
  options.doc = from.value("doc", options.doc);
  options.domain = from.value("domain", options.domain);
  options.node = from.value("node", options.node);
  options.priority = from.value("priority", options.priority);
  if (!from.value(kTimeoutIsDefault, false)) read_duration(from, "timeout", options.timeout);
  if (from.contains("retry")) options.retry = read_retry(from.at("retry"));
  options.at_most_once = from.value("at_most_once", false);
  options.exclusive = from.value("exclusive", false);
  options.transaction = from.value("transaction", false);
  if (from.value("isolation", std::string{}) == "process") options.isolation = Isolation::kProcess;
  options.max_memory = from.value("max_memory", options.max_memory);
  read_duration(from, "max_cpu", options.max_cpu);
  options.max_descriptors = from.value("max_descriptors", options.max_descriptors);
  options.zone = from.value("zone", options.zone);
  return options;
}

}  // namespace

json specification(const detail::TaskDeclaration& task) {
  const TaskOptions& options = task.options;
  json args = json::array();
  for (const ArgumentSpec& spec : task.args) args.push_back(argument_specification(spec));
  json result{{"doc", options.doc},
              {"domain", options.domain},
              {"node", options.node},
              {"priority", options.priority},
              {"timeout", format_duration(options.timeout)},
              {"retry", retry_specification(options.retry)},
              {"at_most_once", options.at_most_once},
              {"exclusive", options.exclusive},
              {"args", std::move(args)},
              {"schema", object_schema(task.args)}};
  // Only what is set, so that the specifications of most tasks stay as they are.
  if (options.transaction) result["transaction"] = true;
  if (needs_process(options)) result["isolation"] = "process";
  if (options.max_memory > 0) result["max_memory"] = options.max_memory;
  if (options.max_cpu.count() > 0) result["max_cpu"] = format_duration(options.max_cpu);
  if (options.max_descriptors > 0) result["max_descriptors"] = options.max_descriptors;
  if (!options.zone.empty()) result["zone"] = options.zone;
  if (!task.returns.empty()) result["returns"] = output_schema(task.returns);
  return result;
}

detail::TaskDeclaration task_from_specification(std::string_view name, const json& specification) {
  detail::TaskDeclaration task{.name = std::string{name},
                               .module = std::string{name.substr(0, name.find('.'))}};
  try {
    task.options = read_options(specification);
    if (specification.contains("args")) {
      for (const json& one : specification.at("args")) task.args.push_back(read_argument(one));
    }
    if (specification.contains("returns")) {
      task.returns = read_output_schema(specification.at("returns"));
    }
  } catch (const std::exception& error) {
    throw Error{ErrorCode::kInvalid,
                fmt::format("the store's description of task \"{}\" cannot be read: {}", name,
                            error.what())};
  }
  task.described_args = task.args.size();
  task.parameters = task.args.size();
  return task;
}

}  // namespace stint
