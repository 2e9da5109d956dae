/// Find the mistakes in what modules declare.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>
#include "stint/module.hpp"

namespace stint {

/// Tell whether a text is a full task name: identifiers (letters, digits, `_`, `-`; no digit or
/// dash first) with dots between, at least two, 200 bytes at most.
bool is_task_name(std::string_view name);
/// Tell whether a text can name a domain or a node: 1 to 63, or 253, of [a-zA-Z0-9_.-].
bool is_domain_name(std::string_view name);
bool is_node_name(std::string_view name);

/// The forms of these names, for the way out of an error message.
inline constexpr std::string_view kTaskNameForm =
    "\"module.task\" of letters, digits, _ and -, 200 bytes at most";
inline constexpr std::string_view kDomainForm = "1 to 63 of letters, digits, _ . -";
inline constexpr std::string_view kNodeForm = "1 to 253 of letters, digits, _ . -";

/// Longer timeouts and delays are taken for mistakes.
inline constexpr std::chrono::milliseconds kLongestDuration = std::chrono::days{3650};

/// Check and complete one declared task or command. Returns a phrase for each mistake.
std::vector<std::string> check_declaration(detail::TaskDeclaration& task,
                                           const std::set<std::type_index>& contexts);

/// The mistake of a task or hook that takes a context which nobody declares.
std::string missing_context(std::type_index type);

/// Check the rules of the options that are stored with a job, and those of later versions.
void check_options(const TaskOptions& options, std::vector<std::string>& problems);

/// Tell whether a task runs in a process wherever it runs: it says so, or has a limit that only a
/// process can have.
bool needs_process(const TaskOptions& options);

}  // namespace stint
