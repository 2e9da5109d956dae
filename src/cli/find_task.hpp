/// The task that a command names: this program's own, or one that another program has registered.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "core/registry.hpp"

namespace stint {
class Store;
}

namespace stint::cli {

class Context;

/// Find a task in the program, else among the store's registered ones; the store is opened only for
/// those. Throws Error kNotFound with the nearest name.
std::shared_ptr<const detail::TaskDeclaration> find_task(Context& context, std::string_view name);

/// Find the task of this program or of the settings that one of the line's words names, before the
/// line is read, for options that depend on it; null if there is none. The settings are read only
/// if no module has it. Throws ConfigurationError.
const detail::TaskDeclaration* task_on_line(Context& context, std::span<const std::string> words);

/// The same for a help text: also among the store's registered ones, if there is a store already.
/// Null if no word can be a task's name. Throws as `find_task`.
std::shared_ptr<const detail::TaskDeclaration> task_for_help(Context& context,
                                                             std::span<const std::string> words);

/// Open the store, if its tables are there and are ours: who only looks neither makes nor changes
/// anything. Throws Error kUnavailable, kConfiguration.
Store& existing_store(Context& context);

/// Make the error for a task that nobody has.
Error unknown_task(std::string_view name, const std::vector<std::string>& known,
                   std::string_view way_out);

}  // namespace stint::cli
